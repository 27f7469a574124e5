import type { Session } from "../../../src/contract/session.ts";

/** Who sees the administration: the server asks again at every request. */
export const isAdministrator = (session: Session | null | undefined): boolean =>
  session?.roles.some((role) => role === "owner" || role === "admin") ?? false;
