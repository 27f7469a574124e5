import { connect, isIPv6, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { EgressAddresses, Smarthost } from "./delivery-settings.ts";
import { Unreachable } from "./unreachable.ts";

/** The address of ours that a connection starts from.
 * @returns undefined: the system chooses; null: this pool has none of that family */
export function localAddressFor({ ipv4, ipv6 }: EgressAddresses, ip: string): string | undefined | null {
  if (ipv4.length === 0 && ipv6.length === 0) return undefined;
  const ours = isIPv6(ip) ? ipv6 : ipv4;
  // The same one for the same server, which learns whom it has to do with.
  const sum = Buffer.from(ip).reduce((all, octet) => all + octet, 0);
  return ours[sum % ours.length] ?? null;
}

/** Connects to an address. @returns null: nobody is there, in time */
export function dial(
  ip: string,
  port: number,
  localAddress: string | undefined,
  timeoutMs: number,
): Promise<Socket | null> {
  const from = localAddress === undefined ? {} : { localAddress };
  return opened(connect({ host: ip, port, ...from }), "connect", timeoutMs);
}

/** Connects to the host that takes everything. @throws {Unreachable} */
export async function dialSmarthost(
  { host, port, secure }: Smarthost,
  localAddress: string | undefined,
  timeoutMs: number,
): Promise<Socket> {
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = secure
    ? connectTls({ host, port, servername: host, ...from })
    : connect({ host, port, ...from });
  const there = await opened(socket, secure ? "secureConnect" : "connect", timeoutMs);
  if (there === null) throw new Unreachable(false, 451, "4.4.1", "The next mail server does not answer");
  return there;
}

async function opened(socket: Socket, event: string, timeoutMs: number): Promise<Socket | null> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, timeoutMs, false);
  socket.once(event, () => resolve(true));
  socket.once("error", () => resolve(false));
  const isOpen = await promise;
  clearTimeout(timer);
  if (isOpen) return socket;
  socket.on("error", () => undefined);
  socket.destroy();
  return null;
}
