import type { BlobSource } from "../../src/blob/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import type { AttemptResult, QueuedRecipient, QueueEntry } from "../../src/outbound/index.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { type Reached, reachDomain, reachSmarthost, Unreachable } from "./route.ts";
import { HostFailed, openSession, sendMessage } from "./send.ts";
import { SmtpClient, TlsFailed } from "./smtp-client.ts";

/** Hosts of one domain that are tried in one attempt (RFC 5321 §5.1: at least two). */
const HOSTS_MAX = 5;

/** Sends a message to recipients on other systems: to the smarthost, or to the hosts of their domain one after the other until one
 * takes it, or gives a verdict. Never throws for what the network or the other side does. */
export async function deliverElsewhere(
  resolver: Resolver,
  settings: DeliverySettings,
  entry: QueueEntry,
  recipients: readonly QueuedRecipient[],
  content: BlobSource,
): Promise<AttemptResult[]> {
  const all = (
    outcome: "temporary" | "permanent",
    { reply, status }: { readonly reply: string; readonly status: string },
    remoteMta: string | null,
  ): AttemptResult[] => recipients.map(({ n }) => ({ n, outcome, reply, status, remoteMta }));

  const { smarthost } = settings;
  const tried: string[] = [];
  const withoutTls = new Set<string>();
  let failed: { readonly error: HostFailed; readonly name: string } | undefined;
  while (tried.length < HOSTS_MAX) {
    let reached: Reached;
    try {
      reached =
        smarthost === undefined
          ? await reachDomain(resolver, settings, entry.domain, tried)
          : await reachSmarthost(smarthost, settings);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      // Hosts were there, and none of them would talk: that is what the sender should hear.
      if (failed !== undefined) break;
      return all(error.isPermanent ? "permanent" : "temporary", error, null);
    }
    const client = new SmtpClient(reached.socket, reached.isSecure, settings.timeouts);
    try {
      const extensions = await openSession(client, reached.name, settings, {
        useTls: !withoutTls.has(reached.ip),
        login: smarthost?.login,
      });
      const results = await sendMessage(client, extensions, reached.name, entry, recipients, content);
      await client.quit();
      return results;
    } catch (error) {
      client.destroy();
      if (error instanceof TlsFailed && smarthost?.login === undefined) {
        // The same host again, in clear text: TLS that does not work is no reason not to deliver (RFC 7435).
        withoutTls.add(reached.ip);
        continue;
      }
      const reason =
        error instanceof TlsFailed ? new HostFailed("451 4.7.5 TLS with the server failed", "4.7.5") : error;
      if (!(reason instanceof HostFailed)) throw reason;
      failed = { error: reason, name: reached.name };
      tried.push(reached.ip);
      if (smarthost !== undefined) break;
    }
  }
  if (failed === undefined) throw new Error("a delivery without a host and without a reason");
  return all("temporary", failed.error, failed.name);
}
