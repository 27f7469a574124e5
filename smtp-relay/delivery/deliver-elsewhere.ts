import type { BlobSource } from "../../src/blob/index.ts";
import {
  type AttemptResult,
  type QueuedRecipient,
  type QueueEntry,
  relayServer,
} from "../../src/outbound/index.ts";
import { chooseTargets, type Target } from "./choose-targets.ts";
import { egressOf, type Smarthost } from "./delivery-settings.ts";
import { dial, dialSmarthost, localAddressFor } from "./dial.ts";
import { findHosts } from "./find-hosts.ts";
import { findRelayHost } from "./find-relay-host.ts";
import { HostFailed, openSession, type OutgoingContent, sendMessage, SessionStale } from "./send.ts";
import type { Session } from "./session-pool.ts";
import { SmtpClient, TlsFailed } from "./smtp-client.ts";
import { demandKey, type TlsDemand } from "./tls-demand.ts";
import type { Transport } from "./transport.ts";
import { Unreachable } from "./unreachable.ts";

/** How the other side is: down: no connection, or it will not talk; busy: it asks for less. */
export type Signal = "ok" | "busy" | "down";

export interface Delivery {
  readonly results: readonly AttemptResult[];
  readonly signal: Signal;
}

/** How long an address that did not answer is tried after the others. */
const SILENT_MS = 300_000;

/** Sends a message to recipients on other systems: to the smarthost, or to the hosts of their domain one after the other until one
 * takes it, or gives a verdict; over a connection that is open already if there is one. Never throws for what the network or the other
 * side does.
 * @param sign what leaves is what this gives, after any conversion */
export async function deliverElsewhere(
  transport: Transport,
  entry: QueueEntry,
  recipients: readonly QueuedRecipient[],
  content: BlobSource,
  sign: (content: BlobSource) => Promise<BlobSource> = (plain) => Promise.resolve(plain),
): Promise<Delivery> {
  const all = (
    outcome: "temporary" | "permanent",
    { reply, status }: { readonly reply: string; readonly status: string },
    remoteMta: string | null,
  ): AttemptResult[] => recipients.map(({ n }) => ({ n, outcome, reply, status, remoteMta }));
  const outgoing: OutgoingContent = { plain: content, sign };

  let targets: readonly Target[];
  try {
    targets = await targetsOf(transport, entry);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { results: all(error.isPermanent ? "permanent" : "temporary", error, null), signal: "ok" };
  }
  let failed: { readonly error: HostFailed; readonly name: string } | undefined;
  for (const target of targets) {
    try {
      const sent = await tryTarget(transport, target, entry, recipients, outgoing);
      if (sent === null) continue;
      const isBusy = sent.some(({ outcome, status }) => outcome === "temporary" && status.startsWith("4.7."));
      return { results: sent, signal: isBusy ? "busy" : "ok" };
    } catch (error) {
      if (!(error instanceof HostFailed)) throw error;
      failed = { error, name: target.name };
    }
  }
  if (failed === undefined) {
    const reply =
      transport.settings.smarthost === undefined
        ? `451 4.4.1 No mail server of ${entry.domain} answers`
        : "451 4.4.1 The next mail server does not answer";
    return { results: all("temporary", { reply, status: "4.4.1" }, null), signal: "down" };
  }
  const { error, name } = failed;
  return {
    results: all(error.isPermanent ? "permanent" : "temporary", error, name),
    signal: error.isPermanent ? "ok" : "down",
  };
}

async function targetsOf(transport: Transport, entry: QueueEntry): Promise<readonly Target[]> {
  const { settings, silent } = transport;
  const isSilent = (ip: string): boolean => (silent.get(ip) ?? 0) > performance.now();
  const server = relayServer(entry.domain);
  if (server !== null) {
    const host = await findRelayHost(transport.resolver, server, settings.privateRelays);
    return chooseTargets([host], entry, isSilent);
  }
  const { smarthost } = settings;
  if (smarthost !== undefined) {
    const demand: TlsDemand =
      entry.requireTls && !smarthost.secure
        ? { kind: "webpki", name: smarthost.host }
        : { kind: "opportunistic" };
    const policy = {
      type: "no-policy-found",
      domain: smarthost.host,
      lines: [],
      mxPatterns: [],
      isTesting: false,
    } as const;
    const name = smarthost.host;
    return [{ name, servername: name, ip: name, demand, policy, isNameProven: true }];
  }
  const hosts = await findHosts(transport, entry.domain, settings.port);
  return chooseTargets(hosts, entry, isSilent);
}

/** The one that takes all mail; not that for the old server of a domain, which only we may bring. */
const smarthostOf = ({ settings }: Transport, { domain }: QueueEntry): Smarthost | undefined =>
  relayServer(domain) === null ? settings.smarthost : undefined;

/** @returns null: nobody is there   @throws {HostFailed} */
async function tryTarget(
  transport: Transport,
  target: Target,
  entry: QueueEntry,
  recipients: readonly QueuedRecipient[],
  outgoing: OutgoingContent,
): Promise<readonly AttemptResult[] | null> {
  const { sessions } = transport;
  const key = [entry.pool, target.ip, target.port ?? "", target.name, demandKey(target.demand)].join(" ");
  for (;;) {
    const session = sessions.take(key) ?? (await connectTo(transport, target, entry, key));
    if (session === null) return null;
    try {
      if (entry.requireTls && !session.extensions.has("REQUIRETLS"))
        throw new HostFailed("550 5.7.30 The server does not promise REQUIRETLS", "5.7.30", {
          isPermanent: true,
        });
      const results = await sendMessage(session, entry, recipients, outgoing);
      session.used++;
      if (session.client.isOver) session.client.destroy();
      else await sessions.put(session);
      return results;
    } catch (error) {
      session.client.destroy();
      // It had ended while it waited: another one, then.
      if (!(error instanceof SessionStale)) throw error;
    }
  }
}

async function connectTo(
  transport: Transport,
  target: Target,
  entry: QueueEntry,
  key: string,
): Promise<Session | null> {
  for (const useTls of [true, false]) {
    try {
      return await openTo(transport, target, entry, key, useTls);
    } catch (error) {
      if (!(error instanceof TlsFailed)) throw error;
      // The same host again, in clear text: TLS that does not work is no reason not to deliver (RFC 7435).
      const mayGoWithout =
        useTls &&
        target.demand.kind === "opportunistic" &&
        smarthostOf(transport, entry)?.login === undefined;
      if (mayGoWithout) continue;
      if (entry.requireTls)
        throw new HostFailed(
          `550 5.7.30 TLS with the server can't be verified (${error.message}), and the message requires it`,
          "5.7.30",
          {
            isPermanent: true,
            cause: error,
          },
        );
      throw new HostFailed(`451 4.7.5 TLS with the server failed (${error.message})`, "4.7.5", {
        cause: error,
      });
    }
  }
  return null;
}

/** @returns null: nobody is there   @throws {HostFailed}   @throws {TlsFailed} */
async function openTo(
  transport: Transport,
  target: Target,
  entry: QueueEntry,
  key: string,
  useTls: boolean,
): Promise<Session | null> {
  const { settings, silent, note } = transport;
  const { timeouts } = settings;
  const port = target.port ?? settings.port;
  const smarthost = smarthostOf(transport, entry);
  const egress = egressOf(settings, entry.pool);
  const from = localAddressFor(egress, target.ip);
  if (from === null && smarthost === undefined) return null;
  let socket;
  if (smarthost === undefined) {
    socket = await dial(target.ip, port, from ?? undefined, timeouts.connectMs);
    if (socket === null) {
      silent.set(target.ip, performance.now() + SILENT_MS);
      return null;
    }
    silent.delete(target.ip);
  } else {
    try {
      socket = await dialSmarthost(smarthost, from ?? undefined, timeouts.connectMs);
    } catch (error) {
      if (error instanceof Unreachable) return null;
      throw error;
    }
  }
  const client = new SmtpClient(socket, smarthost?.secure === true, timeouts);
  const outcome = {
    policy: target.policy,
    mxHost: target.name,
    mxIp: target.ip,
    sendingIp: socket.localAddress ?? "",
  };
  try {
    const { extensions, tls, testingFault } = await openSession(client, target, egress.hostname, {
      useTls,
      login: smarthost?.login,
      extraCa: settings.extraCa,
    });
    if (smarthost === undefined && useTls) {
      const result = testingFault ?? (tls === undefined ? "starttls-not-supported" : "success");
      // Without a policy nobody asked for TLS: that there is none is no failure.
      if (target.policy.type !== "no-policy-found" || result === "success") note({ ...outcome, result });
    }
    return { client, extensions, mta: target.name, tls, key, used: 0 };
  } catch (error) {
    client.destroy();
    if (error instanceof TlsFailed && smarthost === undefined)
      note({ ...outcome, result: error.result, reason: error.message });
    throw error;
  }
}
