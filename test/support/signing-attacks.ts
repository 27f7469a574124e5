import * as received from "../../src/reports/received-report.store.ts";
import * as key from "../../src/signing/dkim-key.store.ts";
import * as result from "../../src/reports/dmarc-result.store.ts";
import * as sent from "../../src/reports/sent-report.store.ts";
import { type Attack, nothing, own } from "./attack.ts";
import { counted, head, sealed, slot } from "./signing-rows.ts";
import type { Inhabitant } from "./isolation-world.ts";

const span = ({ domain }: Inhabitant) => ({ domain, from: "2023-11-01", to: "2023-11-30" });

const claim = ({ domain }: Inhabitant): sent.SentReport => ({
  kind: "dmarc",
  day: "2023-11-14",
  domain,
  target: `mailto:reports@${domain}`,
  reportId: "1",
});

/** Signing keys, and the reports about domains. */
export const signingAttacks: Readonly<Record<string, Attack>> = {
  "signing/dkim-key#activateDkimKey": nothing((tx, v) => key.activateDkimKey(tx, v.domain, slot, 2e12)),
  "signing/dkim-key#clearUrgentDkimKeys": nothing((tx, v) => key.clearUrgentDkimKeys(tx, v.domain, false)),
  "signing/dkim-key#insertDkimKey": nothing((tx, v) =>
    key.insertDkimKey(tx, v.domain, { ...sealed(v.uploadId), slot: 2 }, 2e12),
  ),
  "signing/dkim-key#listActiveDkimKeys": nothing((tx, v) => key.listActiveDkimKeys(tx, v.domain)),
  "signing/dkim-key#listDkimKeys": nothing((tx, v) => key.listDkimKeys(tx, v.domain)),
  "signing/dkim-key#markDkimKeySeen": nothing((tx, v) =>
    key.markDkimKeySeen(tx, v.domain, sealed(v.uploadId), { seen: true, now: 2e12 }),
  ),
  "signing/dkim-key#markDkimKeyUrgent": nothing((tx, v) => key.markDkimKeyUrgent(tx, v.domain, "rsa")),
  "signing/dkim-key#markDkimKeysPushed": nothing((tx, v) =>
    key.markDkimKeysPushed(tx, v.domain, [{ ...sealed(v.uploadId), state: "active" }], 2e12),
  ),
  "signing/dkim-key#revokeDkimKey": nothing((tx, v) => key.revokeDkimKey(tx, v.domain, slot, 2e12)),
  "reports/dmarc-result#addDmarcResults": own((tx, v) => result.addDmarcResults(tx, [counted(v.domain)])),
  "reports/dmarc-result#deleteDmarcResults": own((tx) => result.deleteDmarcResults(tx, "2999-01-01")),
  "reports/dmarc-result#listDmarcDays": nothing((tx) => result.listDmarcDays(tx, "2999-01-01", 10)),
  "reports/dmarc-result#readDmarcResults": nothing((tx, v) =>
    result.readDmarcResults(tx, "2023-11-14", v.domain),
  ),
  "reports/sent-report#claimReport": own((tx, v) => sent.claimReport(tx, claim(v), 1)),
  "reports/sent-report#deleteReportClaim": nothing((tx, v) => sent.deleteReportClaim(tx, claim(v))),
  "reports/sent-report#deleteOldSentReports": own((tx) => sent.deleteOldSentReports(tx, "2999-01-01")),
  "reports/sent-report#listBouncedTargets": nothing((tx, v) =>
    sent.listBouncedTargets(tx, [claim(v).target], 0),
  ),
  "reports/sent-report#listClaimedTargets": nothing((tx, v) => sent.listClaimedTargets(tx, claim(v))),
  "reports/sent-report#upsertReportBounces": own((tx, v) =>
    sent.upsertReportBounces(tx, [claim(v).target], 1),
  ),
  "reports/received-report#deleteOldReports": own((tx) => received.deleteOldReports(tx, 2e12)),
  "reports/received-report#insertDmarcReport": nothing((tx, v) =>
    received.insertDmarcReport(
      tx,
      { ...head(v.domain), reportId: "2", policy: { p: "none", sp: "none", pct: 1 }, sources: [] },
      1,
    ),
  ),
  "reports/received-report#insertTlsReport": nothing((tx, v) =>
    received.insertTlsReport(
      tx,
      { ...head(v.domain), reportId: "2", succeeded: 1, failed: 0, failures: [] },
      1,
    ),
  ),
  "reports/received-report#readDmarcOverview": nothing(
    async (tx, v) => (await received.readDmarcOverview(tx, span(v))).sources,
  ),
  "reports/received-report#readTlsOverview": nothing(
    async (tx, v) => (await received.readTlsOverview(tx, span(v))).failures,
  ),
};
/** They give a key of what is counted, and ask nothing. */
export const SIGNING_SYSTEM_FUNCTIONS: readonly string[] = [
  "reports/dmarc-result#dmarcDigest",
  "signing/dkim-key#listDomainKeys",
  "signing/dkim-key#listUrgentDomains",
];
