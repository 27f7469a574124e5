import type { DeliverySettings } from "../../smtp-relay/delivery/delivery-settings.ts";
import { sourceOf } from "../../src/blob/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import { listTlsResults, readSubmissions, submit, type TlsResult } from "../../src/outbound/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "./platform.ts";
import { type Agency, newPeople, type SmtpRelay, startSmtpRelay, until } from "./smtp-relay.ts";

interface Outcome {
  readonly delivered: string;
  readonly smtpReply: string | null;
}

export interface Letter {
  readonly subject?: string;
  /** More header fields, with their line ends. */
  readonly fields?: string;
  readonly requireTls?: boolean;
}

/** Somebody who writes to others, and the relay that sends it. */
export interface Outgoing extends AsyncDisposable {
  readonly platform: TestPlatform;
  readonly agency: Agency;
  readonly sender: Principal;
  readonly relay: SmtpRelay;
  /** Hands a message over, and waits until it has been tried. @returns what became of it */
  send(to: string, letter?: Letter): Promise<Outcome>;
  /** Ends the relay. @returns what it has counted */
  tlsResults(): Promise<TlsResult[]>;
}

const QUICK = { connectMs: 5_000, commandMs: 20_000, finalMs: 20_000 };

/** A platform with one agency, and a relay that delivers with this resolver and these settings. */
export async function startOutgoing(
  resolver: Resolver,
  delivery: Partial<DeliverySettings>,
): Promise<Outgoing> {
  const platform = await testPlatform();
  const tenantId = await platform.tenant("acme", "acme.test");
  const agency = { slug: "acme", domain: "acme.test", tenantId };
  const [sender] = await newPeople(platform, agency, [undefined]);
  if (sender === undefined) throw new Error("nobody");
  const relay = await startSmtpRelay(platform, {
    resolver,
    delivery: { pollMs: 200, timeouts: QUICK, ...delivery },
  });
  return {
    platform,
    agency,
    sender,
    relay,
    async send(to, { subject = "Hello", fields = "", requireTls = false } = {}) {
      const octets = `From: <${sender.address}>\r\nTo: <${to}>\r\nSubject: ${subject}\r\n${fields}\r\nHello.\r\n`;
      const { id } = await submit(relay.outbound, sender, {
        content: sourceOf(Buffer.from(octets)),
        envelope: {
          mailFrom: sender.address,
          rcptTo: [{ address: to, notify: null, orcpt: null }],
          smtpUtf8: false,
          requireTls,
          ret: null,
          envid: null,
        },
        received: "",
        removeBcc: false,
      });
      return until(async () => {
        const [submission] = await platform.db.tenant(tenantId, (tx) =>
          readSubmissions(tx, sender.accountId, [id]),
        );
        const [recipient] = submission?.recipients ?? [];
        return recipient !== undefined && recipient.smtpReply !== null && recipient;
      });
    },
    async tlsResults() {
      await relay.stop();
      const day = new Date().toISOString().slice(0, 10);
      return platform.db.system("a test", (tx) => listTlsResults(tx, day));
    },
    async [Symbol.asyncDispose]() {
      await relay.stop();
      await platform[Symbol.asyncDispose]();
    },
  };
}
