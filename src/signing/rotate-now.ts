import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { insertAudit, listDomains } from "../tenants/index.ts";
import { decideUrgent } from "./decide-rotation.ts";
import {
  activateDkimKey,
  clearUrgentDkimKeys,
  insertDkimKey,
  listDkimKeys,
  markDkimKeyUrgent,
  revokeDkimKey,
} from "./dkim-key.store.ts";
import { ALGORITHMS, type DkimKey, selectorOf } from "./dkim-key.ts";
import { generateDkimKey, type NewDkimKey } from "./make-key.ts";
import { look, pushDomain, type RotationDeps } from "./rotate.ts";
import { forgetSigningKeys, type Signing } from "./signing.ts";

/** The keys of a domain may be in other hands: its next keys are there when this returns, and take over as soon as `followUrgent` sees
 * them in the DNS; the old ones are destroyed and their records emptied in that moment. One commit, with its audit row; a process that dies
 * after it has lost nothing, since the job goes on. Called again before that, it changes nothing.
 * @param unseen the new keys sign at once: until the DNS shows them, what they sign does not verify
 * @throws {MailError} domain_unknown: the tenant does not have it, or has not proven it; unavailable */
export async function rotateNow(
  signing: Signing,
  tenantId: TenantId,
  domain: string,
  { actor, unseen }: { readonly actor: string; readonly unseen: boolean },
): Promise<void> {
  const { db, clock } = signing;
  const now = clock();
  const made = await makeMissing(signing, tenantId, domain);
  await db.tenant(tenantId, async (tx) => {
    for (const key of made) {
      await revokeDkimKey(tx, domain, key, now);
      await insertDkimKey(tx, domain, key, now);
    }
    for (const algorithm of ALGORITHMS) {
      const slot = await markDkimKeyUrgent(tx, domain, algorithm);
      if (slot === undefined) throw new MailError("domain_unknown", { domain });
      if (unseen) await takeOver(tx, domain, { algorithm, slot }, now);
    }
    await insertAudit(tx, { actor, action: "dkim.rotate_now", subject: domain, detail: { unseen } });
  });
  forgetSigningKeys(signing, tenantId, domain);
}

/** Keys for those algorithms that have no next one. Making them takes a while, so no transaction is open then. */
async function makeMissing(signing: Signing, tenantId: TenantId, domain: string): Promise<NewDkimKey[]> {
  const keys = await signing.db.tenant(tenantId, async (tx) => {
    const isProven = (await listDomains(tx)).some((one) => one.name === domain && one.proven);
    if (!isProven) throw new MailError("domain_unknown", { domain });
    return listDkimKeys(tx, domain);
  });
  const wanted = ALGORITHMS.flatMap((algorithm) => {
    const { slot, isThere } = decideUrgent(keys.filter((key) => key.algorithm === algorithm));
    return isThere ? [] : [{ algorithm, slot }];
  });
  return Promise.all(wanted.map((place) => generateDkimKey(signing, tenantId, domain, place)));
}

/** A key signs, and the one before it is no more. */
async function takeOver(
  tx: TenantTx,
  domain: string,
  { algorithm, slot }: Pick<DkimKey, "algorithm" | "slot">,
  now: number,
): Promise<void> {
  await activateDkimKey(tx, domain, { algorithm, slot }, now);
  await revokeDkimKey(tx, domain, { algorithm, slot: slot === 1 ? 2 : 1 }, now);
}

/** Goes on with the urgent keys of a domain: tells our name server, looks, and lets those take over that the world sees. Safe to be called
 * again at any time. @throws {MailError} unavailable */
export async function followUrgent(deps: RotationDeps, tenantId: TenantId, domain: string): Promise<void> {
  const { signing, log, push } = deps;
  const { db, clock } = signing;
  await pushDomain(deps, tenantId, domain);
  const keys = await db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
  for (const key of keys) {
    if (!key.urgent || (key.state === "published" && !(await look(deps, tenantId, domain, key)))) continue;
    await db.tenant(tenantId, (tx) => takeOver(tx, domain, key, clock()));
    log.warn("dkim_key_urgent", { domain, selector: selectorOf(key) });
  }
  forgetSigningKeys(signing, tenantId, domain);
  await pushDomain(deps, tenantId, domain);
  await db.tenant(tenantId, (tx) => clearUrgentDkimKeys(tx, domain, push !== undefined));
}
