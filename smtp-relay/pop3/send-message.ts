import type { BlobId } from "../../src/kernel/id.ts";
import { MultiLineWriter, TopLines } from "../../src/protocol/pop3/index.ts";
import { ConnectionClosed } from "../listen/connection.ts";
import type { ViewEntry } from "./maildrop-view.ts";
import { err, ok, type Reply, SAID } from "./reply.ts";
import type { Pop3Session } from "./session.ts";

/** TOP reads this much at once: mostly it is enough, and no more of a large message is fetched than is needed. */
const TOP_BYTES = 131_072;

/** Sends a message, or the top of it, as fast as the client takes it.
 * @param lines of the body; undefined: all of the message
 * @throws {MailError} it can't be read; nothing was sent, so it is still an ordinary -ERR
 * @throws {ConnectionClosed} also when a later octet can't be read: there is no way back into step with the client */
export async function sendMessage(
  session: Pop3Session,
  entry: ViewEntry,
  lines: number | undefined,
): Promise<Reply> {
  const blobId = await session.here.maildrop.blobOf(entry.uid);
  if (blobId === undefined) return err("this message has been destroyed", "SYS/PERM");
  const chunks = lines === undefined ? wholeOf(session, blobId) : topOf(session, blobId, entry.size, lines);
  const head = await chunks.next();
  try {
    await session.connection.write(ok(lines === undefined ? `${entry.size} octets` : "the top follows"));
    await sendLines(session, chunks, head);
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) {
      session.deps.log.error("pop3.message_failed", { error: String(error) });
      session.connection.destroy();
    }
    throw new ConnectionClosed();
  } finally {
    await chunks.return(undefined);
  }
  return SAID;
}

async function sendLines(
  { connection }: Pop3Session,
  chunks: AsyncGenerator<Uint8Array, void>,
  head: IteratorResult<Uint8Array, void>,
): Promise<void> {
  const writer = new MultiLineWriter();
  for (let next = head; next.done !== true; next = await chunks.next()) {
    const pieces: Uint8Array[] = [];
    writer.push(next.value, (piece) => pieces.push(piece));
    for (const piece of pieces) await connection.write(piece);
  }
  await connection.write(writer.end());
}

function wholeOf({ deps, here }: Pop3Session, blobId: BlobId): AsyncGenerator<Uint8Array, void> {
  return deps.store.vault.open(here.principal.tenantId, blobId);
}

async function* topOf(
  { deps, here }: Pop3Session,
  blobId: BlobId,
  sizeBytes: number,
  lines: number,
): AsyncGenerator<Uint8Array, void> {
  const { tenantId } = here.principal;
  const top = new TopLines(lines);
  for (let start = 0; start < sizeBytes && !top.isDone; start += TOP_BYTES)
    for await (const chunk of deps.store.vault.open(tenantId, blobId, { start, end: start + TOP_BYTES })) {
      yield top.take(chunk);
      if (top.isDone) return;
    }
}
