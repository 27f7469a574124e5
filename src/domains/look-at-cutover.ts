import type { CutoverRecord } from "../contract/cutover.ts";
import { DnsError, type Resolver } from "../dns/index.ts";
import type { TenantId } from "../kernel/id.ts";
import { raiseAlert } from "../outbound/index.ts";
import { insertAudit } from "../tenants/index.ts";
import { forget } from "./change-cutover.ts";
import {
  postponeCutoverLook,
  readCutover,
  saveCutoverLook,
  saveCutoverState,
  type StoredCutover,
} from "./cutover.store.ts";
import type { Cutovers } from "./cutovers.ts";
import { dmarcTexts } from "./dmarc-text.ts";
import type { OpenDomainDns } from "./domains.ts";
import { parseOldServer } from "./old-server.ts";
import { spfTexts } from "./spf.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const AGAIN_MS = 10 * MINUTE_MS;
/** As long as the old server should be kept: what it has got is brought over, and every cache has forgotten it. */
const ROLLBACK_MS = 14 * DAY_MS;
const REMIND_MS = 3 * DAY_MS;
/** The audit log's name for what nobody did. */
const BY_ITSELF = "angelia";

/** Where the DNS is asked. */
export interface AskCutover {
  /** the domain's own servers: no cache may hide that the MX has changed */
  readonly openDns: OpenDomainDns;
  readonly resolver: Resolver;
}

/** Looks where the mail of a domain goes, and follows: the move is switched when its MX leads here. Reminds of the end of the way back.
 * May run twice. @throws {MailError} unavailable */
export async function lookAtCutover(
  cutovers: Cutovers,
  asking: AskCutover,
  tenantId: TenantId,
  domain: string,
): Promise<void> {
  const { db, clock } = cutovers.outbound.store;
  const known = await db.tenant(tenantId, (tx) => readCutover(tx, domain));
  if (known === undefined) return;
  const seen = await look(cutovers, asking, known);
  if (seen === null) {
    await db.tenant(tenantId, (tx) => postponeCutoverLook(tx, domain, clock() + MINUTE_MS));
    return;
  }
  const next = await db.tenant(tenantId, async (tx) => {
    const was = await readCutover(tx, domain, true);
    if (was === undefined) return undefined;
    const now = clock();
    await saveCutoverLook(tx, domain, {
      now: seen.records,
      // Of another server than the one that was looked up: the next look tells.
      oldAddresses: was.oldServer === known.oldServer ? seen.oldAddresses : was.oldAddresses,
      lookedAt: now,
      nextLookAt: now + AGAIN_MS,
    });
    const is = decideCutover(was, seen.isHere, now);
    if (is === was) return was;
    await saveCutoverState(tx, is);
    const detail = { state: is.state, mode: is.mode };
    await insertAudit(tx, { actor: BY_ITSELF, action: "domain.cutover_seen", subject: domain, detail });
    return is;
  });
  forget(cutovers, domain);
  if (next !== undefined) await remind(cutovers, tenantId, next);
}

/** What follows from where the mail goes now. @param isHere the MX leads to us; null: the domain has none */
export function decideCutover(was: StoredCutover, isHere: boolean | null, now: number): StoredCutover {
  if (isHere === null) return was;
  if (was.state === "back") return isHere || was.mode === "off" ? was : { ...was, mode: "off" };
  if (isHere && (was.state === "planned" || was.state === "shadow"))
    return { ...was, state: "switched", switchedAt: now, rollbackUntil: now + ROLLBACK_MS };
  if (!isHere && was.state === "switched")
    return {
      ...was,
      state: was.mode === "off" ? "planned" : "shadow",
      switchedAt: null,
      rollbackUntil: null,
      remindedAt: null,
    };
  return was;
}

interface SeenCutover {
  readonly records: readonly CutoverRecord[];
  readonly oldAddresses: readonly string[];
  readonly isHere: boolean | null;
}

const texted = (name: string, list: readonly string[]): CutoverRecord[] =>
  list.map((value) => ({ name, type: "TXT", value }));

/** @returns null: the DNS does not answer */
async function look(
  { mxHost }: Cutovers,
  { openDns, resolver }: AskCutover,
  { domain, oldServer, oldAddresses }: StoredCutover,
): Promise<SeenCutover | null> {
  try {
    const dns = await openDns(domain);
    const none = { records: [] };
    const [{ records: mx }, { records: texts }, { records: dmarc }] = await Promise.all([
      dns?.ask("MX", domain) ?? none,
      dns?.ask("TXT", domain) ?? none,
      dns?.ask("TXT", `_dmarc.${domain}`) ?? none,
    ]);
    const hosts = mx.map(({ priority, exchange }) => ({
      priority,
      host: exchange.toLowerCase().replace(/\.$/, ""),
    }));
    return {
      records: [
        ...hosts
          .toSorted((a, b) => a.priority - b.priority || a.host.localeCompare(b.host))
          .map(({ priority, host }): CutoverRecord => ({
            name: domain,
            type: "MX",
            value: `${priority} ${host}`,
          })),
        ...texted(domain, spfTexts(texts)),
        ...texted(`_dmarc.${domain}`, dmarcTexts(dmarc)),
      ],
      oldAddresses: await addressesOf(resolver, oldServer, oldAddresses),
      isHere: hosts.length === 0 ? null : hosts.some(({ host }) => host === mxHost.toLowerCase()),
    };
  } catch (error) {
    if (error instanceof DnsError) return null;
    throw error;
  }
}

/** @param known what it was before, where the DNS does not say now */
async function addressesOf(
  resolver: Resolver,
  oldServer: string | null,
  known: readonly string[],
): Promise<readonly string[]> {
  const server = oldServer === null ? null : parseOldServer(oldServer, [], true);
  if (server === null) return [];
  if (/^[\d.]+$|:/.test(server.host)) return [server.host];
  const answers = await Promise.allSettled([resolver.a(server.host), resolver.aaaa(server.host)]);
  const found = answers.flatMap((one) => (one.status === "fulfilled" ? [...one.value] : []));
  return found.length > 0 ? found : known;
}

async function remind({ outbound }: Cutovers, tenantId: TenantId, one: StoredCutover): Promise<void> {
  const { db, clock } = outbound.store;
  const now = clock();
  if (one.state !== "switched" || one.rollbackUntil === null || one.remindedAt !== null) return;
  if (one.rollbackUntil - now > REMIND_MS) return;
  const until = new Date(one.rollbackUntil).toISOString().slice(0, 10);
  await raiseAlert(outbound, tenantId, {
    kind: "cutover_ending",
    subject: one.domain,
    windowStart: one.rollbackUntil,
    detail: { until },
    at: now,
  });
  await db.tenant(tenantId, async (tx) => {
    const is = await readCutover(tx, one.domain, true);
    if (is?.state === "switched") await saveCutoverState(tx, { ...is, remindedAt: now });
  });
}
