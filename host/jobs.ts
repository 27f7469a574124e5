import { nodeResolver } from "../smtp-relay/delivery/node-resolver.ts";
import { checkSpfWith } from "../smtp-relay/domains/check-spf.ts";
import { checkDomainsJob } from "../smtp-relay/jobs/check-domains.ts";
import { cutoverJob } from "../smtp-relay/jobs/cutover.ts";
import { dkimRotationJob } from "../smtp-relay/jobs/dkim-rotation.ts";
import { dkimUrgentJob } from "../smtp-relay/jobs/dkim-urgent.ts";
import { forgetFailuresJob } from "../smtp-relay/jobs/forget-failures.ts";
import { indexMessagesJob } from "../smtp-relay/jobs/index-messages.ts";
import { JobRunner, type PeriodicJob } from "../smtp-relay/jobs/job-runner.ts";
import { forgetLessonsJob } from "../smtp-relay/jobs/learn-forget.ts";
import { learnMessagesJob } from "../smtp-relay/jobs/learn-messages.ts";
import { PeopleImportWorker } from "../smtp-relay/jobs/people-import-worker.ts";
import { purgeGreylistJob } from "../smtp-relay/jobs/purge-greylist.ts";
import { purgeHistoryJob } from "../smtp-relay/jobs/purge-history.ts";
import { quarantineDigestJob } from "../smtp-relay/jobs/quarantine-digest.ts";
import { quarantineExpiryJob } from "../smtp-relay/jobs/quarantine-expiry.ts";
import { refreshStsPoliciesJob } from "../smtp-relay/jobs/refresh-sts-policies.ts";
import { purgeSignInsJob, signInAttacksJob } from "../smtp-relay/jobs/sign-in-attacks.ts";
import { sweepHoldsJob } from "../smtp-relay/jobs/sweep-holds.ts";
import { tellMandatesJob } from "../smtp-relay/jobs/tell-mandates.ts";
import { reportPurgeJob } from "../smtp-relay/jobs/report-purge.ts";
import { reportReadingJob } from "../smtp-relay/jobs/report-reading.ts";
import { countTrafficJob } from "../smtp-relay/jobs/count-traffic.ts";
import { incidentAlertsJob } from "../smtp-relay/jobs/incident-alerts.ts";
import { purgeRequestsJob } from "../smtp-relay/jobs/purge-requests.ts";
import { purgeWebhooksJob } from "../smtp-relay/jobs/purge-webhooks.ts";
import { WebhookSender } from "../smtp-relay/webhooks/webhook-sender.ts";
import { reportSendingJob } from "../smtp-relay/jobs/report-sending.ts";
import { clientRecordsOf } from "./client-records.ts";
import { startMigrations } from "./migrations.ts";
import { spfInclude } from "../src/domains/index.ts";
import type { HostDeps, Service } from "./service.ts";

/** What the moves of domains stand on. */
function cutoverParts({ config, domains, outbound, log }: HostDeps): Parameters<typeof cutoverJob>[0] {
  const { mxHost, zone } = domains.settings;
  const resolver = nodeResolver(config.dns);
  const cutovers = {
    outbound,
    mxHost,
    spfInclude: spfInclude(zone),
    privateServers: config.privateOldServers,
  };
  // On Node there always is one.
  const openDns = domains.openDns ?? (() => Promise.resolve(null));
  return { cutovers, openDns, resolver, checkSpf: checkSpfWith(resolver, config.hostname), log };
}

/** Every periodic job of the product; a new one is a line here. */
function periodicJobs(deps: HostDeps): readonly PeriodicJob[] {
  const { hostname, publicUrl, historyDays, reports } = deps.config;
  const { rspamd } = deps.scanners;
  return [
    checkDomainsJob(deps.domains, deps.signing.rotation, (domain) => clientRecordsOf(deps.config, domain)),
    cutoverJob(cutoverParts(deps)),
    dkimRotationJob(deps.signing.rotation),
    dkimUrgentJob(deps.signing.rotation),
    reportPurgeJob(deps),
    reportReadingJob(deps, { hostname, senderLocal: reports.from }),
    reportSendingJob({ ...deps, resolver: nodeResolver(deps.config.dns) }, reports),
    forgetFailuresJob(deps),
    indexMessagesJob(deps),
    purgeGreylistJob(deps),
    purgeHistoryJob(deps, historyDays),
    countTrafficJob(deps),
    incidentAlertsJob(deps),
    purgeRequestsJob(deps),
    purgeWebhooksJob(deps),
    quarantineDigestJob({ ...deps, hostname, publicUrl }),
    quarantineExpiryJob(deps),
    sweepHoldsJob(deps),
    tellMandatesJob(deps),
    signInAttacksJob(deps),
    purgeSignInsJob(deps),
    refreshStsPoliciesJob({ ...deps, resolver: nodeResolver(deps.config.dns) }),
    learnMessagesJob({ ...deps, rspamd }),
    forgetLessonsJob(deps, rspamd !== null),
  ];
}

/** Runs the periodic jobs, of which one process of an installation at a time runs each, and tells the agencies' programs. */
export function startJobs(deps: HostDeps): Promise<readonly Service[]> {
  const runner = new JobRunner({ db: deps.db, log: deps.log, clock: deps.clock }, periodicJobs(deps));
  runner.start();
  const webhooks = new WebhookSender({ ...deps, allowPrivate: deps.config.webhookPrivateHosts });
  webhooks.start();
  const imports = new PeopleImportWorker(deps.outbound, deps.log);
  imports.start();
  return Promise.resolve([
    { name: "jobs", stop: () => runner.stop() },
    { name: "webhooks", stop: () => webhooks.stop() },
    { name: "people imports", stop: () => imports.stop() },
    startMigrations(deps),
  ]);
}
