import { parseProxyHeader } from "../../src/protocol/proxy/index.ts";
import { type Connection, ConnectionClosed } from "./connection.ts";

/** A proxy says at once for whom it speaks. */
const HEADER_MS = 5_000;

/** The header that must come first from here did not come, or is none. */
export class NoProxyHeader extends Error {
  override readonly name = "NoProxyHeader";
}

/** Reads the PROXY header at the start of a connection, and lets the connection be its client's.
 * @throws {NoProxyHeader} @throws {ConnectionClosed} */
export async function readProxyHeader(connection: Connection, timeoutMs = HEADER_MS): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (let octets: Uint8Array = new Uint8Array(0); ;) {
    const waited = await connection.waitForInput(Math.max(0, until - performance.now()));
    if (waited === "end") throw new ConnectionClosed();
    if (waited === "timeout") throw new NoProxyHeader("in time");
    octets = Buffer.concat([octets, connection.take() ?? new Uint8Array(0)]);
    const parsed = parseProxyHeader(octets);
    if (parsed === "more") continue;
    if (!parsed.ok) throw new NoProxyHeader(parsed.expected);
    const { from, length } = parsed.value;
    connection.putBack(octets.subarray(length));
    if (from.kind === "client") connection.speaksFor(from.address, from.tls === true);
    if (from.kind === "unknown") connection.speaksFor(null, false);
    return;
  }
}
