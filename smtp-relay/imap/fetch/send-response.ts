import { type Connection, ConnectionClosed } from "../../listen/connection.ts";
import type { ImapSession } from "../session.ts";
import type { Piece } from "./piece.ts";

type Literal = Exclude<Piece, string>;

/**
 * Sends `* n FETCH (…)`, or whatever the message is called. Literals go out piece by piece, as fast as the client takes them.
 * @throws {MailError} the first literal can't be read: nothing was sent, so it is still an ordinary NO
 * @throws {ConnectionClosed} also when a later octet can't be read: there is no way back into step with the client
 */
export async function sendFetch(
  session: ImapSession,
  name: string,
  items: readonly (readonly Piece[])[],
): Promise<void> {
  const pieces = items.flatMap((item, at) => (at === 0 ? item : [" ", ...item]));
  const firstLiteral = pieces.find((piece) => typeof piece !== "string");
  if (firstLiteral === undefined) {
    const text = pieces.filter((piece) => typeof piece === "string").join("");
    return session.connection.write(`* ${name} (${text})\r\n`);
  }
  const first = await begin(firstLiteral);
  try {
    await session.connection.write(`* ${name} (`);
    for (const piece of pieces) {
      if (typeof piece === "string") await session.connection.write(piece);
      else await sendLiteral(session.connection, piece === firstLiteral ? first : await begin(piece));
    }
    await session.connection.write(")\r\n");
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) {
      session.deps.log.error("imap.literal_failed", { error: String(error) });
      session.connection.destroy();
    }
    throw new ConnectionClosed();
  } finally {
    await first.chunks.return?.();
  }
}

/** A literal of which the first octets are there. */
interface Begun {
  readonly literal: Literal;
  readonly chunks: AsyncIterator<Uint8Array>;
  readonly head: IteratorResult<Uint8Array>;
}

async function begin(literal: Literal): Promise<Begun> {
  const chunks = literal.chunks()[Symbol.asyncIterator]();
  return { literal, chunks, head: await chunks.next() };
}

/** @throws {Error} it was shorter or longer than announced */
async function sendLiteral(connection: Connection, { literal, chunks, head }: Begun): Promise<void> {
  const { sizeBytes, isBinary = false } = literal;
  await connection.write(`${isBinary ? "~" : ""}{${sizeBytes}}\r\n`);
  let sentBytes = 0;
  for (let next = head; next.done !== true; next = await chunks.next()) {
    sentBytes += next.value.length;
    if (sentBytes > sizeBytes) break;
    await connection.write(next.value);
  }
  await chunks.return?.();
  if (sentBytes !== sizeBytes) throw new Error(`a literal of ${sizeBytes} octets came out as ${sentBytes}`);
}
