import { fileReportMail, type ReportMailDeps } from "../../src/reports/index.ts";
import { ensureHouse } from "../../src/tenants/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 30_000;

/** Files the DMARC and TLS reports that have come in with the agencies that they are about.
 * @param house what we are called, and what our own reports are sent from, before the @ */
export function reportReadingJob(
  deps: ReportMailDeps,
  house: { readonly hostname: string; readonly senderLocal: string },
): PeriodicJob {
  return {
    name: "report-reading",
    everyMs: EVERY_MS,
    async run(stopping) {
      const mailbox = await ensureHouse(deps.tenancy, house.hostname, house.senderLocal);
      const counts = await fileReportMail(deps, mailbox, stopping);
      if (counts.filed + counts.bounce + counts.kept > 0) deps.log.info("reports_read", counts);
    },
  };
}
