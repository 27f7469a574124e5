import { ReportQuery } from "../../src/contract/reports.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { normalizeDomain } from "../../src/protocol/address/index.ts";
import { dmarcOverview, tlsOverview } from "../../src/reports/index.ts";
import type { Tenancy } from "../../src/tenants/index.ts";
import { type Command, type Given, UsageError } from "./command.ts";

/** @throws {UsageError} @throws {MailError} domain_unknown */
async function queryOf(tenancy: Tenancy, given: Given): Promise<{ tenantId: TenantId; query: ReportQuery }> {
  const domain = normalizeDomain(given.word("domain"));
  const parsed = ReportQuery.safeParse({
    domain: domain.ok ? domain.value : "",
    days: given.option("days") ?? "30",
  });
  if (!parsed.success) throw new UsageError("The domain, or --days (1 to 366), is not one.");
  const tenantId = (await tenancy.domains.tenantsOf([parsed.data.domain])).get(parsed.data.domain);
  if (tenantId === undefined) throw new MailError("domain_unknown", { domain: parsed.data.domain });
  return { tenantId, query: parsed.data };
}

const dmarc: Command = {
  name: "report dmarc",
  usage: "<domain> [--days 30]",
  about: "what others report of mail in the name of a domain",
  words: ["domain"],
  options: { days: "value" },
  async run(tenancy, given) {
    const { tenantId, query } = await queryOf(tenancy, given);
    const view = await tenancy.db.tenant(tenantId, (tx) => dmarcOverview(tx, query, tenancy.clock()));
    const { messages, passed, failed } = view.totals;
    const lines = [
      `${view.domain}, ${view.from} to ${view.to}: ${view.reports} reports, ${messages} messages, ${passed} passed, ${failed} failed`,
      ...view.sources.map(
        (one) =>
          `  ${one.ip}\t${one.passed} passed\t${one.failed} failed\t${[...one.signedBy, ...one.mailFrom].join(" ")}`,
      ),
    ];
    return { json: view, text: lines.join("\n") };
  },
};

const tls: Command = {
  name: "report tls",
  usage: "<domain> [--days 30]",
  about: "what others report of TLS with the mail servers of a domain",
  words: ["domain"],
  options: { days: "value" },
  async run(tenancy, given) {
    const { tenantId, query } = await queryOf(tenancy, given);
    const view = await tenancy.db.tenant(tenantId, (tx) => tlsOverview(tx, query, tenancy.clock()));
    const { sessions, failed } = view.totals;
    const lines = [
      `${view.domain}, ${view.from} to ${view.to}: ${view.reports} reports, ${sessions} sessions, ${failed} failed`,
      ...view.failures.map(
        (one) => `  ${one.type}\t${one.sessions}\t${one.receivingHost}\t${one.orgs.join(" ")}`,
      ),
    ];
    return { json: view, text: lines.join("\n") };
  },
};

export const REPORT_COMMANDS: readonly Command[] = [dmarc, tls];
