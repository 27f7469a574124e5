import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import mxConnect from "mx-connect";
import { DnsError, type MxRecord, type Resolver } from "../../src/dns/index.ts";
import type { DeliverySettings, Smarthost } from "./delivery-settings.ts";

/** A host that answers. */
export interface Reached {
  readonly socket: Socket;
  /** Its name, for the log, TLS and the sender. */
  readonly name: string;
  /** Its address; a next attempt leaves it out. */
  readonly ip: string;
  readonly isSecure: boolean;
}

/** No host of a domain can be had. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly isPermanent: boolean;
  /** An SMTP reply in our words. */
  readonly reply: string;
  readonly status: string;

  constructor(isPermanent: boolean, code: number, status: string, text: string, options?: ErrorOptions) {
    super(text, options);
    this.isPermanent = isPermanent;
    this.reply = `${code} ${status} ${text}`;
    this.status = status;
  }
}

/** Connects to a host that takes mail for a domain: its MX hosts by preference, those of one preference in any order, or else
 * the domain itself (RFC 5321 §5.1).
 * @param tried addresses that have been tried in this attempt
 * @throws {Unreachable} */
export async function reachDomain(
  resolver: Resolver,
  settings: DeliverySettings,
  domain: string,
  tried: readonly string[],
): Promise<Reached> {
  try {
    const { socket, hostname, host } = await mxConnect({
      target: domain.startsWith("[") ? domain.slice(1, -1).replace(/^ipv6:/i, "") : domain,
      port: settings.port,
      maxConnectTime: settings.timeouts.connectMs,
      ignoreMXHosts: tried,
      dnsOptions: { resolveRecords: (name, type) => lookUp(resolver, name, type) },
    });
    return { socket, name: hostname, ip: host, isSecure: false };
  } catch (error) {
    throw unreachable(error, domain);
  }
}

function lookUp(resolver: Resolver, name: string, type: string): Promise<readonly unknown[]> {
  switch (type) {
    case "MX":
      return resolver.mx(name).then(shuffled);
    case "A":
      return resolver.a(name);
    case "AAAA":
      return resolver.aaaa(name);
    default:
      return Promise.resolve([]);
  }
}

/** RFC 5321 §5.1: equal preferences are to be tried in random order. The library sorts by preference, and keeps this order. */
function shuffled(records: readonly MxRecord[]): MxRecord[] {
  return records
    .map((record) => ({ record, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ record }) => record);
}

function unreachable(error: unknown, domain: string): Unreachable {
  const property = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const options = { cause: error };
  if (property("code") === "ENULLMX")
    return new Unreachable(true, 556, "5.1.10", `The domain ${domain} does not accept any mail`, options);
  if (error instanceof DnsError || (property("category") === "dns" && property("temporary") === true))
    return new Unreachable(false, 451, "4.4.3", `The DNS of ${domain} does not answer`, options);
  if (property("category") === "dns" && property("code") === "ENOTFOUND")
    return new Unreachable(true, 550, "5.1.2", `The domain ${domain} can't be found`, options);
  return new Unreachable(false, 451, "4.4.1", `No mail server of ${domain} answers`, options);
}

/** Connects to the host that takes everything. @throws {Unreachable} */
export async function reachSmarthost(smarthost: Smarthost, { timeouts }: DeliverySettings): Promise<Reached> {
  const { host, port, secure } = smarthost;
  const socket = secure ? connectTls({ host, port, servername: host }) : connect({ host, port });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("no connection in time")), timeouts.connectMs);
  socket.once(secure ? "secureConnect" : "connect", resolve);
  socket.once("error", reject);
  try {
    await promise;
  } catch (error) {
    socket.on("error", () => undefined);
    socket.destroy();
    throw new Unreachable(false, 451, "4.4.1", "The next mail server does not answer", { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return { socket, name: host, ip: socket.remoteAddress ?? host, isSecure: secure };
}
