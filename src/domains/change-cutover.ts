import type { CutoverRecord, SetCutover } from "../contract/cutover.ts";
import { MailError } from "../kernel/error.ts";
import { insertAudit } from "../tenants/index.ts";
import type { DomainChanger } from "./claim-domain.ts";
import { readCutover, readMovingDomain, saveCutover, type StoredCutover } from "./cutover.store.ts";
import type { Cutovers } from "./cutovers.ts";
import { parseOldServer } from "./old-server.ts";

/** What is known of a move, and where the agency has its addresses from us.
 * @throws {MailError} domain_unknown, unavailable */
export function cutoverOf(
  { outbound }: Cutovers,
  tenantId: DomainChanger["tenantId"],
  domain: string,
): Promise<{ readonly cutover: StoredCutover | undefined; readonly returnDomain: string | null }> {
  const { db } = outbound.store;
  const { hostedDomain } = outbound.tenancy;
  return db.tenant(tenantId, async (tx) => {
    const { returnDomain } = await readMovingDomain(tx, domain, hostedDomain);
    return { cutover: await readCutover(tx, domain), returnDomain };
  });
}

const IS_OPEN: ReadonlySet<StoredCutover["state"]> = new Set(["planned", "shadow", "switched"]);

const planOf = (domain: string, returnDomain: string, now: number): StoredCutover => ({
  domain,
  state: "planned",
  mode: "off",
  oldServer: null,
  oldAddresses: [],
  returnDomain,
  plannedSpf: null,
  plannedAt: now,
  shadowAt: null,
  switchedAt: null,
  doneAt: null,
  backAt: null,
  rollbackUntil: null,
  remindedAt: null,
  before: [],
  now: [],
  lookedAt: null,
  report: null,
  reportMadeAt: null,
});

/** Plans the move of a domain, or changes what goes to its old server. A move that is over begins anew.
 * @throws {MailError} domain_unknown, domain_unproven, cutover_server, invalid_input, unavailable */
export async function setCutover(
  cutovers: Cutovers,
  { tenantId, actor }: DomainChanger,
  domain: string,
  wanted: SetCutover,
): Promise<void> {
  const { store, tenancy } = cutovers.outbound;
  const server = serverOf(cutovers, wanted.oldServer);
  await store.db.tenant(tenantId, async (tx) => {
    const now = store.clock();
    const { proven, returnDomain } = await readMovingDomain(tx, domain, tenancy.hostedDomain);
    if (!proven) throw new MailError("domain_unproven", { domain });
    const known = await readCutover(tx, domain, true);
    const was =
      known !== undefined && IS_OPEN.has(known.state) ? known : planOf(domain, returnDomain ?? domain, now);
    const oldServer = server === undefined ? was.oldServer : server;
    if (wanted.mode !== "off" && oldServer === null)
      throw new MailError("invalid_input", { errors: [{ field: "oldServer", code: "required" }] });
    const isSplit = wanted.mode !== "off";
    const next: StoredCutover = {
      ...was,
      mode: wanted.mode,
      oldServer,
      oldAddresses: oldServer === was.oldServer ? was.oldAddresses : [],
      plannedSpf: wanted.plannedSpf === undefined ? was.plannedSpf : wanted.plannedSpf,
      state: was.state === "switched" ? "switched" : isSplit ? "shadow" : "planned",
      shadowAt: isSplit ? (was.shadowAt ?? now) : was.shadowAt,
    };
    await saveCutover(tx, next, now);
    const detail = { mode: next.mode, state: next.state, oldServer: next.oldServer ?? "" };
    await insertAudit(tx, { actor, action: "domain.cutover", subject: domain, detail });
  });
  forget(cutovers, domain);
}

/** Asks the job of the relay to look at the DNS now. @throws {MailError} domain_unknown, cutover_state, unavailable */
export async function wantCutoverLook(
  { outbound }: Cutovers,
  { tenantId }: DomainChanger,
  domain: string,
): Promise<void> {
  const { db, clock } = outbound.store;
  await db.tenant(tenantId, async (tx) => {
    await readMovingDomain(tx, domain, outbound.tenancy.hostedDomain);
    const known = await readCutover(tx, domain, true);
    if (known === undefined || !IS_OPEN.has(known.state)) throw new MailError("cutover_state", { domain });
    await saveCutover(tx, known, clock());
  });
}

/** The move is over: nothing goes to the old server any more, and there is no way back. @throws {MailError} domain_unknown, cutover_state, unavailable */
export async function finishCutover(
  cutovers: Cutovers,
  { tenantId, actor }: DomainChanger,
  domain: string,
): Promise<void> {
  const { store, tenancy } = cutovers.outbound;
  await store.db.tenant(tenantId, async (tx) => {
    await readMovingDomain(tx, domain, tenancy.hostedDomain);
    const known = await readCutover(tx, domain, true);
    if (known?.state !== "switched") throw new MailError("cutover_state", { domain });
    const now = store.clock();
    await saveCutover(tx, { ...known, state: "done", mode: "off", doneAt: now, rollbackUntil: null }, now);
    await insertAudit(tx, { actor, action: "domain.cutover_done", subject: domain });
  });
  forget(cutovers, domain);
}

/** Takes a move back. What still comes here, until the world has seen the old MX again, goes to both sides; that ends by itself.
 * @returns the records that must be entered again
 * @throws {MailError} domain_unknown, cutover_state, unavailable */
export async function takeCutoverBack(
  cutovers: Cutovers,
  { tenantId, actor }: DomainChanger,
  domain: string,
): Promise<readonly CutoverRecord[]> {
  const { store, tenancy } = cutovers.outbound;
  const enter = await store.db.tenant(tenantId, async (tx) => {
    await readMovingDomain(tx, domain, tenancy.hostedDomain);
    const known = await readCutover(tx, domain, true);
    if (known === undefined || (known.state !== "shadow" && known.state !== "switched"))
      throw new MailError("cutover_state", { domain });
    const now = store.clock();
    const mode = known.state === "switched" && known.oldServer !== null ? "both" : "off";
    await saveCutover(tx, { ...known, state: "back", mode, backAt: now, rollbackUntil: null }, now);
    await insertAudit(tx, { actor, action: "domain.cutover_back", subject: domain });
    return missing(known.before, known.now);
  });
  forget(cutovers, domain);
  return enter;
}

const keyOf = ({ name, type, value }: CutoverRecord): string => `${type} ${name} ${value}`;

/** Records that there were, and that are others now. */
function missing(before: readonly CutoverRecord[], now: readonly CutoverRecord[]): CutoverRecord[] {
  const there = new Set(now.map(keyOf));
  return before.filter((one) => !there.has(keyOf(one)));
}

/** @returns undefined: it stays as it is @throws {MailError} cutover_server */
function serverOf(
  { mxHost, outbound, privateServers }: Cutovers,
  given: string | null | undefined,
): string | null | undefined {
  if (given === undefined || given === null) return given;
  const ours = [mxHost, outbound.hostname, outbound.tenancy.hostedDomain];
  const server = parseOldServer(given, ours, privateServers);
  if (server === null) throw new MailError("cutover_server", { given });
  return server.text;
}

/** This process follows at once, others within half a minute. */
export function forget({ outbound }: Pick<Cutovers, "outbound">, domain: string): void {
  outbound.tenancy.domains.forget(domain);
  outbound.tenancy.recipients.clear();
}
