import type { Resolver } from "../../src/dns/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { sendDmarcReports, sendTlsReports } from "../../src/reports/index.ts";
import { ensureHouse } from "../../src/tenants/index.ts";
import type { PeriodicJob } from "./job-runner.ts";
import { postReport } from "./report-post.ts";

/** A day is reported once it is over; who can't be asked then is asked again an hour later. */
const EVERY_MS = 3_600_000;

export interface ReportSendingSettings {
  readonly dmarc: boolean;
  readonly tls: boolean;
  /** What they are sent from, before the @. */
  readonly from: string;
}

/** Sends our DMARC and TLS reports to the domains that ask for them. */
export function reportSendingJob(
  deps: { readonly outbound: Outbound; readonly resolver: Pick<Resolver, "txt">; readonly log: Log },
  settings: ReportSendingSettings,
): PeriodicJob {
  const { outbound } = deps;
  const { tenancy, hostname } = outbound;
  return {
    name: "report-sending",
    everyMs: EVERY_MS,
    async run(stopping) {
      // Nobody outside of this machine could answer, or should hear of it.
      if (tenancy.hostedDomain.endsWith(".localhost")) return;
      const house = await ensureHouse(tenancy, hostname, settings.from);
      const sender = { ...deps, house, senderLocal: settings.from, post: postReport };
      if (settings.dmarc) await sendDmarcReports(sender, stopping);
      if (settings.tls) await sendTlsReports(sender, stopping);
    },
  };
}
