import {
  addGroup,
  addMembers,
  type Principal,
  type RouteChanger,
  setForward,
} from "../../src/tenants/index.ts";
import { type FakeMx, startFakeMx } from "./fake-mx.ts";
import type { TestPlatform } from "./platform.ts";
import { type Agency, type FakeDns, newPeople, type SmtpRelay, until } from "./smtp-relay.ts";

export const asOperator = ({ tenantId }: Pick<Agency, "tenantId">): RouteChanger => ({
  tenantId,
  actor: "operator",
});

/** New people without limits. */
export async function somebody(platform: TestPlatform, agency: Agency): Promise<Principal> {
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

let count = 0;

/** A group with these members. @returns its address */
export async function newGroup(
  { tenancy }: TestPlatform,
  agency: Agency,
  members: readonly string[],
  options: { readonly senders?: "anyone" | "members" | "tenant"; readonly sendAs?: boolean } = {},
): Promise<string> {
  const { senders = "anyone", sendAs = false } = options;
  const address = await addGroup(tenancy, asOperator(agency), {
    address: `g${++count}@${agency.domain}`,
    name: "",
    senders,
    sendAs,
  });
  if (members.length > 0) await addMembers(tenancy, asOperator(agency), address, members);
  return address;
}

export function forward(
  { tenancy }: TestPlatform,
  agency: Pick<Agency, "tenantId">,
  from: Principal,
  targets: readonly string[],
  keepCopy = false,
): Promise<void> {
  return setForward(tenancy, asOperator(agency), from.address, { targets: [...targets], keepCopy });
}

/** DNS in which all these domains have their mail server on loopback, and vouch for it. */
export function worldOf(...domains: readonly string[]): FakeDns {
  return {
    mx: Object.fromEntries(domains.map((one) => [one, [{ exchange: `mx.${one}`, priority: 10 }]])),
    a: Object.fromEntries(domains.map((one) => [`mx.${one}`, ["127.0.0.1"]])),
    txt: Object.fromEntries(domains.map((one) => [one, ["v=spf1 ip4:127.0.0.1 -all"]])),
  };
}

/** Delivery to a server of somebody else. */
export const deliveryTo = (mx: FakeMx) => ({
  port: mx.port,
  pollMs: 100,
  timeouts: { connectMs: 2_000, commandMs: 5_000, finalMs: 5_000 },
});

/** Waits until the other side has so many messages. */
export const taken = (mx: FakeMx, messages: number): Promise<FakeMx["taken"]> =>
  until(async () => mx.taken.length >= messages && mx.taken);

export { startFakeMx };

/** One message over SMTP from outside. @returns the reply to it, or the first refusal before it */
export async function sendIn(
  relay: SmtpRelay,
  to: readonly string[],
  options: { readonly from?: string; readonly octets?: Buffer } = {},
): Promise<string> {
  const { from = "someone@remote.test", octets = messageFrom(from) } = options;
  const client = await relay.mx();
  const reply = await client.send({ from, to }, octets);
  client.close();
  return reply.text;
}

let messages = 0;

export const messageFrom = (from: string, subject = "hello"): Buffer =>
  Buffer.from(
    `From: ${from === "" ? "mailer@remote.test" : from}\r\nTo: whom@it.test\r\nSubject: ${subject}\r\nMessage-ID: <${++messages}@remote.test>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0200\r\n\r\nText.\r\n`,
  );
