import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImapClient, messageCount } from "../test/support/imap-client.ts";
import { startSystem, type System } from "../test/support/system.ts";
import type { Target } from "./target.ts";

const PASSWORD = "measured by the second";

/** The product as `npm start` runs it: one process and the embedded PostgreSQL, with all that makes a commit durable. */
export async function startAngelia(
  domain: string,
  mailboxes: number,
  env: Readonly<Record<string, string>>,
): Promise<Target> {
  const system = await startSystem({ env });
  try {
    await system.cli("tenant", "create", "bench", "--name", "Bench");
    await system.cli("domain", "add", domain, "--tenant", "bench", "--proven");
    await addPeople(system, domain, mailboxes);
  } catch (error) {
    await system.stop();
    throw error;
  }
  return {
    name: "Angelia",
    smtpPort: system.ports.mx,
    mark: () => 0,
    // Its 250 says just that: the message is in the mailbox, on disk.
    settled: (_mark, _copies, load) =>
      Promise.resolve({ at: load.startedAt + load.elapsedMs, delaysMs: load.latenciesMs }),
    countIn: async (mailbox) => {
      const client = await ImapClient.login({ port: system.ports.imap }, `u${mailbox}@${domain}`, PASSWORD);
      const count = await messageCount(client, "INBOX");
      await client.logout();
      return count;
    },
    stop: () => system.stop(),
  };
}

async function addPeople(system: System, domain: string, count: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-people-"));
  const file = join(dir, "people.csv");
  const lines = Array.from({ length: count }, (_, i) => `u${i}@${domain},Person ${i},${PASSWORD}\n`);
  writeFileSync(file, `address,name,password\n${lines.join("")}`, { mode: 0o600 });
  try {
    await system.cli("user", "import", file, "--tenant", "bench");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
