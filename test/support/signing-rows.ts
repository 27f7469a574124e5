import type { TenantTx } from "../../src/db/index.ts";
import * as received from "../../src/reports/received-report.store.ts";
import * as result from "../../src/reports/dmarc-result.store.ts";
import * as sent from "../../src/reports/sent-report.store.ts";
import * as key from "../../src/signing/dkim-key.store.ts";

const DAY_MS = 86_400_000;
export const slot = { algorithm: "rsa" as const, slot: 1 as const };
export const sealed = (keyId: string) => ({
  ...slot,
  publicKey: "AAAA",
  tenantKeyId: keyId,
  wrappedKey: new Uint8Array(40),
});
export const head = (domain: string) => ({
  domain,
  org: "receiver.example",
  reportId: "1",
  beginsAt: 1.7e12,
  endsAt: 1.7e12 + DAY_MS,
});
export const counted = (domain: string): result.DmarcResult => ({
  day: "2023-11-14",
  policyDomain: domain,
  policy: { adkim: "r", aspf: "r", p: "none", sp: "none", pct: 100 },
  record: {
    ip: "192.0.2.1",
    disposition: "none",
    dkim: "pass",
    spf: "pass",
    headerFrom: domain,
    envelopeFrom: domain,
    signatures: [],
    spfResult: { domain, scope: "mfrom", result: "pass" },
  },
  messages: 1,
});

/** A key that signs, and a report of each kind, for the victim. */
export async function insertSigningRows(tx: TenantTx, domain: string, keyId: string): Promise<void> {
  await key.insertDkimKey(tx, domain, sealed(keyId), 1.7e12);
  await key.activateDkimKey(tx, domain, slot, 1.7e12);
  const policy = { p: "none", sp: "none", pct: 100 };
  const source = { ip: "192.0.2.1", messages: 1, dkimAligned: true, spfAligned: true, mailFrom: domain };
  const sources = [{ ...source, disposition: "none" as const, signedBy: [domain] }];
  await received.insertDmarcReport(tx, { ...head(domain), policy, sources }, 1.7e12);
  const failures = [{ type: "certificate-expired", receivingHost: "mx.example", sessions: 1 }];
  await result.addDmarcResults(tx, [counted(domain)]);
  const sentOne = { kind: "dmarc" as const, day: "2023-11-14", domain, target: `mailto:reports@${domain}` };
  await sent.claimReport(tx, { ...sentOne, reportId: "1" }, 1.7e12);
  await sent.upsertReportBounces(tx, [sentOne.target], 1.7e12);
  await received.insertTlsReport(tx, { ...head(domain), succeeded: 0, failed: 1, failures }, 1.7e12);
}
