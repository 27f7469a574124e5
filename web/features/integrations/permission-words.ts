import { KeyPermission } from "../../../src/contract/api-keys.ts";

/** What permissions are about, in the order of the menu. */
export const MATTERS = [
  "overview",
  "people",
  "addresses",
  "mailboxes",
  "domains",
  "imports",
  "mail-flow",
  "quarantine",
  "security",
  "audit",
  "roles",
  "settings",
  "integrations",
  "support",
] as const;
export type Matter = (typeof MATTERS)[number];

export const VERBS = ["read", "write", "help"] as const;
export type Verb = (typeof VERBS)[number];

/** The permission to do something with a matter; undefined when there is none. */
export function permissionFor(matter: Matter, verb: Verb): KeyPermission | undefined {
  return KeyPermission.options.find((one) => one === `${matter}:${verb}`);
}

/** The matters of some permissions, with all that is allowed of each. */
export function byMatter(
  permissions: readonly KeyPermission[],
): readonly { readonly matter: Matter; readonly verbs: readonly Verb[] }[] {
  return MATTERS.flatMap((matter) => {
    const verbs = VERBS.filter((verb) => permissions.some((one) => one === `${matter}:${verb}`));
    return verbs.length === 0 ? [] : [{ matter, verbs }];
  });
}
