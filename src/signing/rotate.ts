import type { TenantId } from "../kernel/id.ts";
import type { Log } from "../kernel/ports.ts";
import { decideRotation, type RotationTimes } from "./decide-rotation.ts";
import {
  activateDkimKey,
  listDkimKeys,
  markDkimKeySeen,
  markDkimKeysPushed,
  revokeDkimKey,
} from "./dkim-key.store.ts";
import { ALGORITHMS, type DkimKey, selectorOf } from "./dkim-key.ts";
import { type DnsRecord, zoneRecords } from "./dns-records.ts";
import { makeDkimKey } from "./make-key.ts";
import { forgetSigningKeys, type Signing } from "./signing.ts";

/** How the rotation meets the world. */
export interface RotationDeps {
  readonly signing: Signing;
  readonly times: RotationTimes;
  /** Texts of the TXT records of a name; empty: there are none. Throws when there is no answer now. */
  readonly lookUp: (name: string) => Promise<readonly string[]>;
  /** Makes our name server hold exactly these values for each of these names; undefined: somebody takes the zone from us by hand. */
  readonly push: ((records: readonly DnsRecord[]) => Promise<void>) | undefined;
  readonly log: Log;
}

/** More steps than one visit can need: make, look, and the same for the other algorithm. */
const STEPS_MAX = 6;

/** Takes all steps that are due for one domain. Each is committed by itself and can be taken again: what a process that died has
 * left is gone on with at the next visit. @throws {MailError} unavailable */
export async function rotateDomain(
  deps: RotationDeps,
  tenantId: TenantId,
  domain: string,
  isForced = false,
): Promise<void> {
  const { db } = deps.signing;
  for (const algorithm of ALGORITHMS) {
    let force = isForced;
    for (let step = 0; step < STEPS_MAX; step++) {
      const all = await db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
      const keys = all.filter((key) => key.algorithm === algorithm);
      if (!(await takeStep(deps, tenantId, domain, algorithm, keys, force))) break;
      force = false;
    }
  }
  await pushDomain(deps, tenantId, domain);
  // What was just published may be there already: a domain that has no key yet need not wait for the next visit.
  for (const algorithm of ALGORITHMS) {
    const all = await db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
    const keys = all.filter((key) => key.algorithm === algorithm);
    if (!keys.some((key) => key.state === "active"))
      await takeStep(deps, tenantId, domain, algorithm, keys, false);
  }
}

/** @returns false: nothing is left to do now */
async function takeStep(
  deps: RotationDeps,
  tenantId: TenantId,
  domain: string,
  algorithm: (typeof ALGORITHMS)[number],
  keys: readonly DkimKey[],
  isForced: boolean,
): Promise<boolean> {
  const { signing, times, log } = deps;
  const { db, clock } = signing;
  const now = clock();
  const step = decideRotation(keys, now, times, isForced);
  if (step.kind === "wait") return false;
  if (step.kind === "make") {
    const isMade = await makeDkimKey(signing, tenantId, domain, { algorithm, slot: step.slot });
    if (isMade) log.info("dkim_key_made", { domain, selector: selectorOf({ algorithm, slot: step.slot }) });
    return isMade;
  }
  if (step.kind === "look") {
    const key = keys.find((one) => one.slot === step.slot);
    if (key === undefined || !(await look(deps, tenantId, domain, key))) return false;
    await db.tenant(tenantId, (tx) => activateDkimKey(tx, domain, key, now));
    forgetSigningKeys(signing, tenantId, domain);
    log.info("dkim_key_active", { domain, selector: selectorOf(key) });
    return true;
  }
  await db.tenant(tenantId, (tx) => revokeDkimKey(tx, domain, { algorithm, slot: step.slot }, now));
  log.info("dkim_key_revoked", { domain, selector: selectorOf({ algorithm, slot: step.slot }) });
  return true;
}

const published = (text: string): string | undefined =>
  /(?:^|;)\s*p\s*=([^;]*)/.exec(text)?.[1]?.replaceAll(/\s/g, "");

/** @returns whether the world sees this key under its selector */
async function look(
  { signing, lookUp, log }: RotationDeps,
  tenantId: TenantId,
  domain: string,
  key: DkimKey,
): Promise<boolean> {
  const selector = selectorOf(key);
  let texts: readonly string[];
  try {
    texts = await lookUp(`${selector}._domainkey.${domain}`);
  } catch (error) {
    log.warn("dkim_look_failed", { domain, selector, error });
    return false;
  }
  const seen = texts.some((text) => published(text) === key.publicKey);
  await signing.db.tenant(tenantId, (tx) => markDkimKeySeen(tx, domain, key, { seen, now: signing.clock() }));
  // The old key goes on signing: somebody has to hear of it.
  if (!seen) log.warn("dkim_drift", { domain, selector, found: texts.length });
  return seen;
}

/** Tells our name server what it does not know yet. */
async function pushDomain(
  { signing, push, log }: RotationDeps,
  tenantId: TenantId,
  domain: string,
): Promise<void> {
  const { db, zone, clock } = signing;
  if (push === undefined) return;
  const keys = await db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
  if (keys.every((key) => key.pushedAt !== null)) return;
  try {
    await push(zoneRecords(domain, keys, zone));
  } catch (error) {
    log.warn("dkim_push_failed", { domain, error });
    return;
  }
  await db.tenant(tenantId, (tx) => markDkimKeysPushed(tx, domain, keys, clock()));
}

/** Makes the first keys of a domain that has none; cheap when it has.
 * @returns what stands in its slots @throws {MailError} unavailable */
export async function ensureDkimKeys(
  signing: Signing,
  tenantId: TenantId,
  domain: string,
): Promise<readonly DkimKey[]> {
  const { db } = signing;
  const list = (): Promise<DkimKey[]> => db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
  const keys = await list();
  const lacking = ALGORITHMS.filter((algorithm) => !keys.some((key) => key.algorithm === algorithm));
  if (lacking.length === 0) return keys;
  for (const algorithm of lacking) await makeDkimKey(signing, tenantId, domain, { algorithm, slot: 1 });
  return list();
}
