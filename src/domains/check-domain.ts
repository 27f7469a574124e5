import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { raiseAlert } from "../outbound/index.ts";
import { HOUSE_TENANT, insertAudit } from "../tenants/index.ts";
import { findConnectOffer } from "./connect-offer.ts";
import { decideDrift, type Drift } from "./decide-drift.ts";
import { decideProof, GRACE_MS, type ProofStep } from "./decide-proof.ts";
import { isHosted } from "./domain-name.ts";
import { findDnsHost } from "./dns-hosts.ts";
import type { DomainLook, FreshLook } from "./domain-look.ts";
import type { DomainDns, Domains } from "./domains.ts";
import { lookAtDomain } from "./look-at-domain.ts";
import { nextCheckMs } from "./next-check.ts";
import {
  findHolder,
  markProofKnown,
  moveDomain,
  type OwnDomain,
  proveDomain,
  readOwnDomain,
  saveLook,
  setContest,
  setNextCheck,
} from "./own-domain.store.ts";
import { wantedRecords } from "./wanted-records.ts";

/** Who does what nobody asked for. */
const ITSELF = "angelia";
/** What gets no answer is tried again after this. */
const SILENT_MS = 5 * 60_000;
/** A domain that was never answered for is tried again sooner. */
const RETRY_MS = 60_000;

/** Looks at the DNS of a domain and draws every conclusion: what is found and what is not, whose it is, whom to tell. It may run twice at
 * once, and die anywhere: each step is decided again from what is stored.
 * @param isAsked somebody waits for the page; the next look by itself comes soon
 * @throws {MailError} unavailable, domain_unknown */
export async function checkDomain(
  domains: Domains,
  tenantId: TenantId,
  name: string,
  { isAsked = false } = {},
): Promise<void> {
  const { db, clock } = domains.outbound.store;
  if (tenantId === HOUSE_TENANT || isHosted(domains.settings, name)) {
    await db.tenant(tenantId, (tx) => setNextCheck(tx, name, null));
    return;
  }
  // Whatever happens to this process, nobody else looks meanwhile, and it is looked at again.
  const before = await db.tenant(tenantId, async (tx) => {
    await setNextCheck(tx, name, clock() + RETRY_MS);
    return readOwnDomain(tx, name);
  });
  const fresh = await look(domains, before);
  if (fresh === undefined) {
    await db.tenant(tenantId, (tx) =>
      setNextCheck(tx, name, clock() + (before.look === null ? RETRY_MS : SILENT_MS)),
    );
    return;
  }
  const contestedSince = await followProof(domains, tenantId, before, fresh);
  await tellProof(domains, tenantId, name);
  const isProven = before.provenAt !== null;
  const now = clock();
  const drift = decideDrift(before.look?.records ?? [], fresh.records, { now, isProven });
  await tellDrift(domains, tenantId, name, drift, now);
  const { connect, random } = { connect: await connectOf(domains, fresh), random: unit(domains) };
  await db.tenant(tenantId, (tx) =>
    save(tx, before, fresh, drift, { connect, now, random, isAsked, isContested: contestedSince !== null }),
  );
}

const unit = ({ outbound }: Domains): number => (outbound.store.random(1)[0] ?? 0) / 256;

/** @returns undefined: the DNS does not answer */
async function look(domains: Domains, { name, token }: OwnDomain): Promise<FreshLook | undefined> {
  const { openDns, settings, log } = domains;
  if (openDns === undefined) return undefined;
  let dns: DomainDns | null;
  try {
    dns = await openDns(name);
  } catch (error) {
    log.info("domain_look_failed", { domain: name, error });
    return undefined;
  }
  if (dns === null) return unknownDomain(domains, name, token);
  const mayProxy = findDnsHost(dns.nameServers, dns.soa?.contact ?? "")?.id === "cloudflare";
  return lookAtDomain(dns, name, token, { settings, mayProxy });
}

/** The DNS says that there is no such domain: everything is missing. */
function unknownDomain({ settings }: Domains, name: string, token: string): FreshLook {
  return {
    exists: false,
    apex: name,
    nameServers: [],
    contact: "",
    records: wantedRecords(name, token, settings).map((one) => ({
      ...one,
      state: "missing",
      problem: null,
      found: [],
    })),
    tokens: [],
    areTokensSure: true,
    connectHost: null,
  };
}

/** @returns since when the domain is contested for this tenant; null: it is not */
async function followProof(
  domains: Domains,
  tenantId: TenantId,
  { name, token, contestedSince }: OwnDomain,
  { tokens, areTokensSure }: FreshLook,
): Promise<number | null> {
  const { db, clock } = domains.outbound.store;
  const now = clock();
  const holder = await db.system("who has proven this domain", (tx) => findHolder(tx, name));
  const facts = { token, tokens, areTokensSure, contestedSince, now };
  const step: ProofStep = decideProof({
    ...facts,
    holder: holder === undefined ? null : { isSelf: holder.tenantId === tenantId, token: holder.token },
  });
  if (step === "prove") await prove(domains, tenantId, name, now);
  if (step === "yield") await db.tenant(tenantId, (tx) => setContest(tx, name, null));
  if (step === "contest") await db.tenant(tenantId, (tx) => setContest(tx, name, now));
  if (step === "move" && holder !== undefined) {
    await db.system("a domain moves to who shows control", (tx) =>
      moveDomain(tx, name, { from: holder.tenantId, to: tenantId, now }),
    );
    domains.log.info("domain_moved", { domain: name, from: holder.tenantId, to: tenantId });
    await tellProof(domains, holder.tenantId, name);
  }
  const since = step === "contest" ? now : step === "nothing" ? contestedSince : null;
  // Told each time, so that a process that died told nobody too little; what has been told is not told again.
  if (since !== null && holder !== undefined && holder.tenantId !== tenantId)
    for (const [reader, role] of [
      [tenantId, "claimant"],
      [holder.tenantId, "holder"],
    ] as const)
      await raiseAlert(domains.outbound, reader, {
        kind: "domain_contested",
        subject: name,
        windowStart: since,
        detail: { role, movesAt: new Date(since + GRACE_MS).toISOString().slice(0, 10) },
        at: now,
      });
  return since;
}

async function prove(domains: Domains, tenantId: TenantId, name: string, now: number): Promise<void> {
  try {
    await domains.outbound.store.db.tenant(tenantId, (tx) => proveDomain(tx, name, now));
  } catch (error) {
    // Another tenant in the same moment: the next look sees who it was.
    if (!(error instanceof MailError) || error.code !== "domain_exists") throw error;
  }
}

/** Writes down and tells what has become of a proof since this tenant last heard of it. */
async function tellProof(domains: Domains, tenantId: TenantId, name: string): Promise<void> {
  const { outbound } = domains;
  const { db, clock } = outbound.store;
  const isLost = await db.tenant(tenantId, async (tx) => {
    const { provenAt, knownProven } = await readOwnDomain(tx, name);
    const isProven = provenAt !== null;
    if (isProven === knownProven) return false;
    if (!isProven) return true;
    await markProofKnown(tx, name, true);
    await insertAudit(tx, { actor: ITSELF, action: "domain.prove", subject: name });
    return false;
  });
  if (!isLost) return;
  const now = clock();
  const day = now - (now % 86_400_000);
  await raiseAlert(outbound, tenantId, {
    kind: "domain_lost",
    subject: name,
    windowStart: day,
    detail: {},
    at: now,
  });
  await db.tenant(tenantId, async (tx) => {
    await markProofKnown(tx, name, false);
    await insertAudit(tx, { actor: ITSELF, action: "domain.lost", subject: name });
  });
}

/** Before it is written down that they were told: what dies in between is told again, and that is noticed. */
async function tellDrift(
  { outbound }: Domains,
  tenantId: TenantId,
  name: string,
  { drifted, isGoodAgain }: Drift,
  now: number,
): Promise<void> {
  if (drifted.length > 0) {
    const records = drifted.map((one) => `${one.type} ${one.name}`).join(", ");
    const windowStart = Math.min(...drifted.map((one) => one.since ?? now));
    await raiseAlert(outbound, tenantId, {
      kind: "domain_drift",
      subject: name,
      windowStart,
      detail: { records },
      at: now,
    });
  }
  if (isGoodAgain)
    await raiseAlert(outbound, tenantId, {
      kind: "domain_good",
      subject: name,
      windowStart: now,
      detail: {},
      at: now,
    });
}

/** What the provider offers; asked again at each look, since that is when somebody may want it. */
async function connectOf(domains: Domains, { connectHost, apex }: FreshLook): Promise<DomainLook["connect"]> {
  if (connectHost === null) return null;
  return findConnectOffer(domains, connectHost, apex);
}

async function save(
  tx: TenantTx,
  before: OwnDomain,
  fresh: FreshLook,
  { records, isDoubtful }: Drift,
  context: {
    readonly connect: DomainLook["connect"];
    readonly now: number;
    readonly random: number;
    readonly isAsked: boolean;
    readonly isContested: boolean;
  },
): Promise<void> {
  const { now, connect, random, isAsked, isContested } = context;
  const core = records.filter((one) => one.need === "core");
  const problems = core.filter((one) => one.state === "missing" || one.state === "wrong").length;
  const mx = records.find((one) => one.purpose === "mx");
  const { exists, apex, nameServers, contact, tokens } = fresh;
  const isTokenSeen = tokens.includes(before.token);
  const askedAt = isAsked ? now : before.askedAt;
  const wait = nextCheckMs(
    {
      ageMs: now - askedAt,
      isWatched: problems === 0 && (before.provenAt !== null || isTokenSeen),
      isProven: before.provenAt !== null,
      isUrgent: isContested || isDoubtful,
    },
    random,
  );
  await saveLook(tx, before.name, {
    look: { exists, apex, nameServers, contact, records, isTokenSeen, connect },
    now,
    nextCheckAt: now + wait,
    problems,
    askedAt,
    isLive: mx?.state === "found" || (mx?.answered === false && before.isLive),
  });
}
