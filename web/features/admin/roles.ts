import { useSuspenseQuery } from "@tanstack/react-query";
import type { Permission } from "../../../src/contract/permission.ts";
import type { Session } from "../../../src/contract/session.ts";
import { sessionQuery } from "../../app/session.ts";

/** What the session allows; the server asks again at every request. */
export const permissionsIn = (session: Session | null | undefined): ReadonlySet<Permission> =>
  new Set(session?.permissions);

/** Who sees the administration: everybody who may do more there than what is their own. */
export const isAdministrator = (session: Session | null | undefined): boolean =>
  permissionsIn(session).size > 1;

/** @returns whether who is signed in may do this */
export function useMay(): (needed: Permission) => boolean {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const permissions = permissionsIn(session);
  return (needed) => permissions.has(needed);
}
