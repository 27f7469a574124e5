import type { AccessKind, MailboxAccess } from "../contract/support-access.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import { listAccesses } from "./access-log.store.ts";

/** Actions of the audit log by which somebody else comes to a mailbox, or to what belongs to it. A new one is a line here. */
const KINDS: Readonly<Record<string, AccessKind>> = {
  "support.ask": "support",
  "support.agree": "support",
  "support.grant": "support",
  "support.refuse": "support",
  "support.end": "support",
  "support.link": "support",
  "support.sign_in": "support",
  "support.read": "support",
  "user.passwd": "password",
  "person.password": "password",
  "person.invite": "password",
  "app_password.add": "password",
  "token.add": "password",
  "device.add": "password",
  "shared.grant": "sharing",
  "shared.revoke": "sharing",
  "forward.set": "forward",
  "forward.clear": "forward",
  "session.end": "session",
  "person.sign_out": "session",
  "role.grant": "role",
  "role.revoke": "role",
};
const ACTIONS = Object.keys(KINDS);

/** Who else came to one's own mailbox, the latest first. */
export async function accessesTo(
  tx: TenantTx,
  accountId: AccountId,
  page: { readonly limit: number; readonly after: string | null },
): Promise<MailboxAccess[]> {
  const found = await listAccesses(tx, { accountId, actions: ACTIONS, ...page });
  return found.map(({ id, at, actor, action, detail }) => ({
    id,
    at: new Date(at).toISOString(),
    kind: KINDS[action] ?? "support",
    actor,
    action,
    detail: { ...detail },
  }));
}
