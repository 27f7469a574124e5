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
import { type Algorithm, ALGORITHMS, type DkimKey, selectorOf } from "./dkim-key.ts";
import { type ZoneRecord, zoneRecords } from "./dns-records.ts";
import { makeDkimKey } from "./make-key.ts";
import { forgetSigningKeys, type Signing } from "./signing.ts";

/** How the rotation meets the world. */
export interface RotationDeps {
  readonly signing: Signing;
  readonly times: RotationTimes;
  /** Texts of the TXT records of a name; empty: there are none. Throws when there is no answer now. */
  readonly lookUp: (name: string) => Promise<readonly string[]>;
  /** Makes our name server hold exactly these values for each of these names; undefined: somebody takes the zone from us by hand. */
  readonly push: ((records: readonly ZoneRecord[]) => Promise<void>) | undefined;
  readonly log: Log;
}

/** More changes than one visit can need: revoke, and make. */
const STEPS_MAX = 4;

/** Takes all steps that are due for one domain. Each is committed by itself and can be taken again: what a process that died has
 * left is gone on with at the next visit. @throws {MailError} unavailable */
export async function rotateDomain(
  deps: RotationDeps,
  tenantId: TenantId,
  domain: string,
  isForced = false,
): Promise<void> {
  for (const algorithm of ALGORITHMS) {
    let force = isForced;
    for (
      let step = 0;
      step < STEPS_MAX && (await changeSlots(deps, tenantId, domain, algorithm, force));
      step++
    )
      force = false;
  }
  // First told, then looked for: else what is asked in between is remembered as missing.
  await pushDomain(deps, tenantId, domain);
  for (const algorithm of ALGORITHMS) await activateNext(deps, tenantId, domain, algorithm);
}

async function slotsOf(
  { signing }: RotationDeps,
  tenantId: TenantId,
  domain: string,
  algorithm: Algorithm,
): Promise<readonly DkimKey[]> {
  const keys = await signing.db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
  return keys.filter((key) => key.algorithm === algorithm);
}

/** Makes or revokes a key if it is time to. @returns false: nothing is left to change */
async function changeSlots(
  deps: RotationDeps,
  tenantId: TenantId,
  domain: string,
  algorithm: Algorithm,
  isForced: boolean,
): Promise<boolean> {
  const { signing, times, log } = deps;
  const now = signing.clock();
  const step = decideRotation(await slotsOf(deps, tenantId, domain, algorithm), now, times, isForced);
  if (step.kind === "wait" || step.kind === "look") return false;
  const key = { algorithm, slot: step.slot };
  if (step.kind === "revoke") await signing.db.tenant(tenantId, (tx) => revokeDkimKey(tx, domain, key, now));
  else if (!(await makeDkimKey(signing, tenantId, domain, key))) return false;
  log.info(step.kind === "make" ? "dkim_key_made" : "dkim_key_revoked", {
    domain,
    selector: selectorOf(key),
  });
  return true;
}

/** The next key signs from now on, if it has waited long enough and the world can see it. */
async function activateNext(
  deps: RotationDeps,
  tenantId: TenantId,
  domain: string,
  algorithm: Algorithm,
): Promise<void> {
  const { signing, times, log } = deps;
  const now = signing.clock();
  const keys = await slotsOf(deps, tenantId, domain, algorithm);
  const step = decideRotation(keys, now, times);
  const key = step.kind === "look" ? keys.find((one) => one.slot === step.slot) : undefined;
  if (key === undefined || !(await look(deps, tenantId, domain, key))) return;
  await signing.db.tenant(tenantId, (tx) => activateDkimKey(tx, domain, key, now));
  forgetSigningKeys(signing, tenantId, domain);
  log.info("dkim_key_active", { domain, selector: selectorOf(key) });
}

const published = (text: string): string | undefined =>
  /(?:^|;)\s*p\s*=([^;]*)/.exec(text)?.[1]?.replaceAll(/\s/g, "");

/** @returns whether the world sees this key under its selector @throws {MailError} unavailable */
export async function look(
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

/** Tells our name server what it does not know yet. @throws {MailError} unavailable */
export async function pushDomain(
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
