import { awaitSearchIndex } from "../test/support/await-search-index.ts";
import { startDovecot } from "../test/support/dovecot.ts";
import { startSystem } from "../test/support/system.ts";
import { vacuumDatabase } from "../test/support/vacuum-database.ts";

/** A server with people `u0@<domain>` and so on, each with an empty inbox. */
export interface ImapTarget {
  readonly name: string;
  readonly port: number;
  readonly password: string;
  /** What the server does by itself in a quiet hour, done at once, after its mailboxes were filled. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

const PASSWORD = "measured by the second";

/** The product as `npm start` runs it: one process and the embedded PostgreSQL. */
export async function startImapAngelia(domain: string, people: number): Promise<ImapTarget> {
  const system = await startSystem();
  try {
    await system.cli("tenant", "create", "bench", "--name", "Bench");
    await system.cli("domain", "add", domain, "--tenant", "bench", "--proven");
    for (let n = 0; n < people; n++)
      await system.cli(
        "user",
        "add",
        `u${n}@${domain}`,
        "--name",
        `U${n}`,
        "--password",
        PASSWORD,
        "--quota",
        "900GB",
      );
  } catch (error) {
    await system.stop();
    throw error;
  }
  return {
    name: "Angelia",
    port: system.ports.imap,
    password: PASSWORD,
    async settle() {
      await awaitSearchIndex(system.dataDir);
      await vacuumDatabase(system.dataDir);
    },
    stop: () => system.stop(),
  };
}

/** Debian's Dovecot. @param format how it stores mail */
export async function startImapDovecot(format: "mdbox" | "maildir"): Promise<ImapTarget> {
  const dovecot = await startDovecot(format);
  return {
    name: dovecot.name,
    port: dovecot.imapPort,
    password: "any",
    settle: () => Promise.resolve(),
    stop: async () => dovecot[Symbol.asyncDispose](),
  };
}
