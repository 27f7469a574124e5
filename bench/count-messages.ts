import type { ImapClient } from "../test/support/imap-client.ts";

/** How many messages the inbox holds; logs out. */
export async function countMessages(client: ImapClient): Promise<number> {
  const { untagged } = await client.ok("STATUS INBOX (MESSAGES)");
  await client.logout();
  const items = untagged.find(([kind]) => kind === "STATUS")?.[2];
  return Array.isArray(items) ? Number(items[1]) : Number.NaN;
}
