import { setTimeout as sleep } from "node:timers/promises";
import { ImapClient, messageCount } from "../test/support/imap-client.ts";
import { startPostfixDovecot } from "./peers/postfix-dovecot.ts";
import type { Target } from "./target.ts";

const LOOK_MS = 10;
const PATIENCE_MS = 300_000;

/** Postfix + Dovecot. Postfix's 250 means "in my queue, on disk"; what counts is when Dovecot has it in the mailbox. */
export async function startPeer(domain: string, mailboxes: number, milterPort?: number): Promise<Target> {
  const peer = await startPostfixDovecot({ domain, mailboxes, milterPort });
  return {
    name: milterPort === undefined ? peer.name : `${peer.name} + Rspamd (milter) + ClamAV`,
    smtpPort: peer.smtpPort,
    mark: () => peer.delivered().count,
    settled: async (mark, copies) => {
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const { count, delaysMs } = peer.delivered();
        if (count >= mark + copies)
          return { at: Date.now(), delaysMs: delaysMs.slice(mark).toSorted((a, b) => a - b) };
        if (Date.now() > until) throw new Error(`the peer delivered ${count - mark} of ${copies} in time`);
        await sleep(LOOK_MS);
      }
    },
    countIn: async (mailbox) => {
      const client = await ImapClient.login({ port: peer.imapPort }, `u${mailbox}`, peer.password);
      const count = await messageCount(client, "INBOX");
      await client.logout();
      return count;
    },
    stop: () => peer.stop(),
  };
}
