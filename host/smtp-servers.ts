import { nodeResolver } from "../smtp-relay/delivery/node-resolver.ts";
import { startDelivery } from "../smtp-relay/delivery/start-delivery.ts";
import { serverTls } from "../smtp-relay/listen/server-tls.ts";
import { signOutgoing } from "../smtp-relay/signing/sign-outgoing.ts";
import type { SmtpDeps } from "../smtp-relay/smtp/smtp-deps.ts";
import { type SmtpConfig, startMx, startSubmission } from "../smtp-relay/smtp/start-smtp.ts";
import { openStoreAndForward } from "../smtp-relay/store-and-forward/store-and-forward.ts";
import { DmarcCounter } from "../src/reports/index.ts";
import { nodeCipher } from "./node-cipher.ts";
import type { HostDeps, Service } from "./service.ts";

function smtpDeps({ outbound, log, metrics, tls, config, scanners }: HostDeps): SmtpDeps {
  return {
    outbound,
    log,
    registry: metrics,
    secureContext: serverTls(tls),
    resolver: nodeResolver(config.dns, { trustAd: config.dnsTrustAd }),
    checks: { scanners, trustedSealers: config.arcTrusted },
  };
}

function smtpConfig({ config }: HostDeps): SmtpConfig {
  const { bind, dataDir, hostname, maxMessageBytes, cleartextLogin, limitLoopback, proxyFrom, gate } = config;
  return { bind, dataDir, hostname, maxMessageBytes, cleartextLogin, limitLoopback, proxyFrom, gate };
}

/** Mail from the world. */
export async function startMxService(deps: HostDeps): Promise<readonly Service[]> {
  const { config, fileKey, outbound, log } = deps;
  const { storeAndForward, dataDir } = config;
  const keeping =
    storeAndForward === undefined
      ? undefined
      : await openStoreAndForward({
          dataDir,
          key: fileKey,
          cipher: nodeCipher,
          ...storeAndForward,
          outbound,
          log,
        });
  const dmarcCounter = config.reports.dmarc ? new DmarcCounter(deps) : undefined;
  const mx = await startMx(
    { ...smtpDeps(deps), keeping, dmarcCounter },
    { ...smtpConfig(deps), port: config.ports.mx },
  );
  const stop = async (): Promise<void> => {
    await mx.stop();
    await dmarcCounter?.stop();
    await keeping?.stop();
  };
  return [{ name: "smtp (mx)", address: mx.address, stop }];
}

/** Mail from the people here, on its two ports: with STARTTLS, and in TLS from the first octet. */
export async function startSubmissionService(deps: HostDeps): Promise<readonly Service[]> {
  const { submission: port, submissions: tlsPort } = deps.config.ports;
  const { startTls, implicitTls } = await startSubmission(smtpDeps(deps), {
    ...smtpConfig(deps),
    port,
    tlsPort,
  });
  return [
    { name: "submission", address: startTls.address, stop: () => startTls.stop() },
    { name: "submissions", address: implicitTls.address, stop: () => implicitTls.stop() },
  ];
}

/** What goes out, and what goes to other agencies here. */
export function startDeliveryService(deps: HostDeps): Promise<readonly Service[]> {
  const { outbound, log, metrics: registry, config } = deps;
  const worker = startDelivery(
    {
      outbound,
      log,
      registry,
      resolver: nodeResolver(config.dns, { trustAd: config.dnsTrustAd }),
      sign: (tenantId, entry, content) => signOutgoing(deps.signing.signer, tenantId, entry, content),
    },
    {
      hostname: config.hostname,
      smarthost: config.smarthost,
      egress: config.egress,
      privateRelays: config.privateOldServers,
    },
  );
  return Promise.resolve([{ name: "delivery", stop: () => worker.stop() }]);
}
