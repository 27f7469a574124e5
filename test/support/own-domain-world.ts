import { openDomainDnsWith } from "../../smtp-relay/domains/domain-dns.ts";
import type { Domains } from "../../src/domains/index.ts";
import { listAlerts } from "../../src/outbound/index.ts";
import { NotifyingQueueSignal, type Outbound } from "../../src/outbound/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { readOwnDomain } from "../../src/domains/own-domain.store.ts";
import { describeDetail } from "../../src/domains/index.ts";
import type { DomainDetail } from "../../src/contract/domains.ts";
import { type Bind, startBind } from "./bind.ts";
import { testDomains } from "./own-domains.ts";
import { testPlatform, type TestPlatform } from "./platform.ts";
import { runProgram } from "./run-program.ts";
import { insertRole } from "../../src/tenants/account.store.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** An installation (`hosted.test`, mail comes in at mx.hosted.test) with two agencies, a BIND that has the zones, and a clock that the
 * test moves. */
export interface OwnDomainWorld extends AsyncDisposable {
  readonly platform: TestPlatform;
  readonly outbound: Outbound;
  readonly domains: Domains;
  readonly bind: Bind;
  readonly time: { now: number };
  /** The two agencies, each with an administrator. */
  readonly first: TenantId;
  readonly second: TenantId;
  /** Changes records by nsupdate of ISC: `update add x.agency.test 60 TXT "y"`. */
  nsupdate(...lines: readonly string[]): Promise<void>;
  detail(tenantId: TenantId, name: string): Promise<DomainDetail>;
  token(tenantId: TenantId, name: string): Promise<string>;
  /** `kind subject` of each alert, the latest first. */
  alerts(tenantId: TenantId): Promise<string[]>;
  audit(tenantId: TenantId, subject: string): Promise<string[]>;
}

export async function openOwnDomains(
  zones: Readonly<Record<string, string>>,
  settings: Partial<Domains["settings"]> = {},
  more: Partial<Omit<Domains, "settings">> = {},
): Promise<OwnDomainWorld> {
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await testPlatform());
  const bind = stack.use(await startBind({ "hosted.test": "", ...zones }));
  const time = { now: Date.now() };
  const store = { ...platform.store, clock: () => time.now };
  const queue = new NotifyingQueueSignal(platform.db, silent);
  stack.defer(() => queue.stop());
  const outbound: Outbound = { store, tenancy: platform.tenancy, queue, hostname: "mx.hosted.test" };
  const resolvers = [{ host: "127.0.0.1", port: bind.port }];
  const openDns = openDomainDnsWith({ resolvers, privateHosts: true, port: bind.port });
  const domains = testDomains(outbound, { openDns, ...more, settings });
  const agency = async (slug: string): Promise<TenantId> => {
    const id = await platform.tenant(slug, `${slug}.hosted.test`);
    const boss = await platform.person(`boss@${slug}.hosted.test`);
    await platform.db.tenant(id, (tx) => insertRole(tx, boss.accountId, "admin"));
    return id;
  };
  const first = await agency("first");
  const second = await agency("second");
  const read = (tenantId: TenantId, name: string) =>
    platform.db.tenant(tenantId, (tx) => readOwnDomain(tx, name));
  const opened = stack.move();
  return {
    platform,
    outbound,
    domains,
    bind,
    time,
    first,
    second,
    async nsupdate(...lines) {
      const { name, algorithm, secret } = bind.key;
      const input = [`server 127.0.0.1 ${bind.port}`, ...lines, "send", ""].join("\n");
      const done = await runProgram("nsupdate", ["-y", `${algorithm}:${name}:${secret}`], { input });
      if (done.code !== 0) throw new Error(done.text);
    },
    detail: async (tenantId, name) => describeDetail(domains, await read(tenantId, name)),
    token: async (tenantId, name) => (await read(tenantId, name)).token,
    alerts: async (tenantId) =>
      (await platform.db.tenant(tenantId, (tx) => listAlerts(tx, 100))).map(
        (one) => `${one.kind} ${one.subject}`,
      ),
    audit: (tenantId, subject) =>
      platform.db.tenant(tenantId, async (tx) => {
        const rows = await tx<{ action: string }[]>`
          select action from audit_log where tenant_id = ${tx.tenantId} and subject = ${subject} order by id`;
        return rows.map((row) => row.action);
      }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
