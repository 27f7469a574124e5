import type { AccountId, TenantId } from "../kernel/id.ts";
import { markOf } from "./forward-marks.ts";
import {
  type Deliverable,
  hadBy,
  type LocalRecipient,
  mailboxesOf,
  type Onward,
  type ReturnedRecipient,
  type Tenancy,
} from "../tenants/index.ts";

/** What becomes of a message for one recipient of its envelope. */
export interface Filing<R> {
  readonly recipient: R;
  readonly mailboxes: readonly LocalRecipient[];
  readonly onward: readonly Onward[];
  /** A notice that goes to whoever sent a message first. */
  readonly returned: ReturnedRecipient | null;
  /** It has been through this group: everybody there has it already. */
  readonly isLoop: boolean;
  /** It was in these mailboxes before it went to the old server of a domain that moves, and came back from there. */
  readonly isHad?: boolean;
}

/** What one tenant does with a message: each mailbox and each forward once, however many recipients lead there. */
export interface FilingPlan<R> {
  readonly filings: readonly Filing<R>[];
  readonly mailboxes: ReadonlyMap<AccountId, LocalRecipient>;
  readonly onward: readonly Onward[];
  /** All that the message passes, in the form of `Onward.via`. */
  readonly passes: readonly string[];
  readonly returned: readonly ReturnedRecipient[];
}

/** Decides where a message goes within a tenant, and what leaves it.
 * @param marks of what the message has passed before, from its header: nothing sends it on twice, and who would have keeps it
 * @param staysHere spam: it is not sent on in the tenant's name */
export async function planFiling<R extends { readonly to: Deliverable }>(
  tenancy: Pick<Tenancy, "keys">,
  tenantId: TenantId,
  recipients: readonly R[],
  marks: ReadonlySet<string>,
  staysHere: boolean,
): Promise<FilingPlan<R>> {
  const filings: Filing<R>[] = [];
  for (const recipient of recipients)
    filings.push(await fileFor(tenancy, tenantId, recipient, marks, staysHere));
  const mailboxes = new Map<AccountId, LocalRecipient>();
  const onward = new Map<string, Onward>();
  const passes = new Set<string>();
  for (const filing of filings) {
    for (const one of filing.mailboxes)
      if (!mailboxes.has(one.accountId) || one.mustReach === true) mailboxes.set(one.accountId, one);
    for (const one of filing.onward) onward.set(one.via, one);
    const { to } = filing.recipient;
    if (to.kind === "routed" && !filing.isLoop) for (const via of to.passes) passes.add(via);
  }
  return {
    filings,
    mailboxes,
    onward: [...onward.values()],
    passes: [...passes],
    returned: filings.flatMap((one) => one.returned ?? []),
  };
}

async function fileFor<R extends { readonly to: Deliverable }>(
  tenancy: Pick<Tenancy, "keys">,
  tenantId: TenantId,
  recipient: R,
  marks: ReadonlySet<string>,
  staysHere: boolean,
): Promise<Filing<R>> {
  const { to } = recipient;
  const nothing = { recipient, mailboxes: [], onward: [], returned: null, isLoop: false };
  if (to.kind === "local") {
    if (marks.size > 0 && marks.has(await markOf(tenancy, tenantId, hadBy(to))))
      return { ...nothing, isHad: true };
    return { ...nothing, mailboxes: [to] };
  }
  if (to.kind === "returned") return { ...nothing, returned: staysHere ? null : to };
  const passed = marks.size === 0 ? new Set<string>() : await passedOf(tenancy, tenantId, to.passes, marks);
  if (to.group !== null && passed.has(to.group)) return { ...nothing, isLoop: true };
  const mayGo = (one: Onward): boolean => !passed.has(one.via) && !passed.has(one.relay?.pass ?? "");
  const onward = staysHere ? [] : to.onward.filter(mayGo);
  // Those who may not send it on have it themselves.
  const kept = new Set(onward.map((one) => one.via));
  const stopped = { ...to, onward: to.onward.filter((one) => !kept.has(one.via)) };
  const mailboxes = mailboxesOf(stopped, true);
  if (passed.size === 0) return { ...nothing, mailboxes, onward };
  const fresh = mailboxes.filter((one) => !passed.has(hadBy(one)));
  const isOver = fresh.length === 0 && onward.length === 0;
  // To the old server and back again, and nobody here has it: the two send it to each other.
  const isBack = isOver && to.onward.some((one) => passed.has(one.relay?.pass ?? ""));
  const isHad = isOver && mailboxes.length > 0;
  return { ...nothing, mailboxes: fresh, onward, isHad, isLoop: isBack && !isHad };
}

async function passedOf(
  tenancy: Pick<Tenancy, "keys">,
  tenantId: TenantId,
  vias: readonly string[],
  marks: ReadonlySet<string>,
): Promise<Set<string>> {
  const found = await Promise.all(
    vias.map(async (via) => (marks.has(await markOf(tenancy, tenantId, via)) ? [via] : [])),
  );
  return new Set(found.flat());
}
