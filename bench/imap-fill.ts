import { BareImap } from "./load/bare-imap.ts";
import { seeds } from "./load/imap-messages.ts";
import type { ImapTarget } from "./imap-targets.ts";

/** Messages of one APPEND (RFC 3502). */
const AT_ONCE = 50;
/** Messages of one COPY at most. */
const COPIED = 50_000;

/** Fills an inbox the same way on every server: different messages by APPEND, as many as `distinct`, and the others as
 * copies of those by COPY, which no server stores twice. */
export async function fill(target: ImapTarget, user: string, count: number, distinct: number): Promise<void> {
  const client = await BareImap.connect(target.port);
  await client.run(`LOGIN ${user} "${target.password}"`);
  let filled = 0;
  for (; filled < Math.min(count, distinct);) {
    const some = Math.min(AT_ONCE, count - filled, distinct - filled);
    const parts: Buffer[] = [Buffer.from("APPEND INBOX")];
    for (const { flags, date, content } of seeds(filled, some))
      parts.push(Buffer.from(` (${flags}) "${date}" {${content.length}+}\r\n`), content);
    await client.run(parts);
    filled += some;
  }
  await client.run("SELECT INBOX");
  while (filled < count) {
    const some = Math.min(filled, count - filled, COPIED);
    await client.run(`COPY 1:${some} INBOX`);
    await client.run("NOOP");
    filled += some;
  }
  await client.run("LOGOUT");
  client.close();
}
