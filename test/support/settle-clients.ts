import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import { addSamples, saveSenders } from "../../src/domains/cutover-sender.store.ts";
import { saveCutover, type StoredCutover } from "../../src/domains/cutover.store.ts";
import type { CutoverSender } from "../../src/contract/cutover.ts";
import { insertAppPassword } from "../../src/tenants/credential.store.ts";
import * as device from "../../src/tenants/device.store.ts";

export const hashOf = (slug: string): Uint8Array => new Uint8Array(32).fill(slug.length);

export const profileOf = (
  accountId: AccountId,
  slug: string,
  credentialId: string,
): device.StoredProfile => ({
  tokenHash: hashOf(slug),
  accountId,
  credentialId,
  sealedPassword: new Uint8Array(40),
  expiresAt: 3e12,
});

/** The move of a domain that has just been planned. */
export const cutoverOf = (domain: string): StoredCutover => ({
  domain,
  state: "shadow",
  mode: "both",
  oldServer: "192.0.2.25:25",
  oldAddresses: ["192.0.2.25"],
  returnDomain: domain,
  plannedSpf: null,
  plannedAt: 1,
  shadowAt: 1,
  switchedAt: null,
  doneAt: null,
  backAt: null,
  rollbackUntil: null,
  remindedAt: null,
  before: [],
  now: [],
  lookedAt: null,
  report: null,
  reportMadeAt: null,
});

export const SENDER: CutoverSender = {
  name: "victim",
  provider: null,
  ips: ["192.0.2.1"],
  messages: 1,
  firstSeen: "2026-11-22T00:00:00.000Z",
  lastSeen: "2026-11-22T00:00:00.000Z",
  from: ["samples"],
  signedBy: [],
  mailFrom: [],
  now: "fail",
  after: "fail",
  advice: "sign",
  hint: null,
};

/** Gives somebody a device whose configuration waits to be fetched, and a domain that moves. */
export async function settleClients(tx: TenantTx, accountId: AccountId, slug: string): Promise<void> {
  const id = await insertAppPassword(tx, accountId, {
    verifier: `random$${slug}`,
    scopes: ["imap"],
    label: slug,
    scram: null,
  });
  await device.insertProfile(tx, profileOf(accountId, slug, id), 1);
  const domain = `${slug}.test`;
  await saveCutover(tx, cutoverOf(domain), 1);
  await addSamples(tx, domain, [{ ip: "192.0.2.1", host: "", mailFrom: domain, signedBy: [], at: 1 }]);
  const counts = { senders: 1, failing: 1, messages: 1, reports: 0, samples: 1 };
  await saveSenders(tx, domain, [SENDER], { counts, madeAt: 1, nextAt: 2 });
}
