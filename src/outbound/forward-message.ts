import { type BlobSource, joinSources, type SealedBlob, sourceOf } from "../blob/index.ts";
import { insertBlob } from "../blob/blob.store.ts";
import type { TenantTx } from "../db/index.ts";
import { type HistoryEvent, insertEvents, TraceId } from "../history/index.ts";
import { AccountId, type TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { parseRcptTo } from "../protocol/smtp/index.ts";
import { relayDomain } from "./relay-domain.ts";
import { makeReturnAddress, type Onward, type Tenancy } from "../tenants/index.ts";
import { insertForwarded } from "./forward.store.ts";
import { markOf, printMarks } from "./forward-marks.ts";
import { type ForwardWish, mergeWishes, NO_WISH } from "./forward-wishes.ts";
import { type Outbound, queueTimes, SubmissionId } from "./outbound.ts";
import type { ForwardAuthor } from "./seal-forward.ts";
import { insertSubmission, type NewSubmission } from "./submission.store.ts";

/** A message that goes on to others. */
export interface ToForward {
  /** under which its history is found */
  readonly traceId: TraceId;
  /** the sender as the envelope has it; "" is the null path, and stays so */
  readonly mailFrom: string;
  /** With all trace fields in front: Received, and what was found when it came in. */
  readonly content: BlobSource;
  /** What `Authentication-Results` says of it, with our name in front; null: nothing is known. */
  readonly results: string | null;
  /** It comes from somebody here. */
  readonly author: ForwardAuthor | null;
  readonly messageId: string | null;
  /** It came with REQUIRETLS, and goes on with it (RFC 8689 §4.2.1). */
  readonly requireTls?: boolean;
  /** RFC 3461 §4.3, §4.4: they stay as the sender said them; a notice without RET needs no more than the header. */
  readonly ret?: "FULL" | "HDRS" | null;
  readonly envid?: string | null;
}

/** A message that is encrypted and addressed, and not in the queue yet. */
export interface PreparedForward {
  readonly onward: readonly Onward[];
  readonly blob: SealedBlob;
  readonly submission: Omit<NewSubmission, "blobId" | "size">;
  readonly events: readonly HistoryEvent[];
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);
/** In whose name a message is sent on. */
const nameOf = (one: Onward): string => one.relay?.returnDomain ?? domainOf(one.address);
// oxlint-disable-next-line no-control-regex -- US-ASCII is what is meant
const isUtf8 = (text: string): boolean => !/^[\0-\x7F]*$/.test(text);

/** Makes the copies of a message that leave the tenant: one for each of its domains in whose name it is sent on, however many forwards
 * and outside members there are. No transaction is open meanwhile.
 * @param passes all that the message passes on its way, in the form of `Onward.via`
 * @param wishes what its sender wants to hear of each, by `Onward.via`; of failures, where it is not named
 * @throws {MailError} unavailable */
export async function prepareForwards(
  outbound: Outbound,
  tenantId: TenantId,
  onward: readonly Onward[],
  passes: readonly string[],
  message: ToForward,
  wishes: ReadonlyMap<string, ForwardWish>,
): Promise<PreparedForward[]> {
  const { tenancy } = outbound;
  const marks = await Promise.all([...new Set(passes)].map((via) => markOf(tenancy, tenantId, via)));
  const head = sourceOf(new TextEncoder().encode(printMarks(marks)));
  const marked = joinSources(head, message.content);
  const prepared: PreparedForward[] = [];
  for (const [domain, list] of Map.groupBy(onward, nameOf)) {
    const { results, author } = message;
    const content =
      outbound.sealForward === undefined
        ? marked
        : await outbound.sealForward({ tenantId, domain, content: marked, results, author });
    const mailFrom = await returnPathOf(tenancy, tenantId, message.mailFrom, domain);
    prepared.push(await prepareOne(outbound, tenantId, list, { ...message, content, mailFrom }, wishes));
  }
  return prepared;
}

/** Deviation: a sender whose return path would not fit into a path is left out, so that the message goes on at all. */
async function returnPathOf(
  tenancy: Tenancy,
  tenantId: TenantId,
  sender: string,
  domain: string,
): Promise<string> {
  return (await makeReturnAddress(tenancy, tenantId, sender, domain)) ?? "";
}

/** Makes a notice that came back to a return path of ours go to whoever sent the message first. */
export async function prepareReturn(
  outbound: Outbound,
  tenantId: TenantId,
  returned: readonly { readonly address: string; readonly original: string }[],
  message: Pick<ToForward, "traceId" | "content" | "messageId" | "requireTls">,
): Promise<PreparedForward> {
  const onward = returned.map(({ address, original }) => ({
    via: `return:${address}`,
    address,
    targets: [original],
    keeper: null,
  }));
  const silent = new Map(onward.map(({ via }) => [via, { notify: ["NEVER" as const], orcpt: null }]));
  return prepareOne(outbound, tenantId, onward, { ...message, mailFrom: "" }, silent);
}

async function prepareOne(
  outbound: Outbound,
  tenantId: TenantId,
  onward: readonly Onward[],
  message: Omit<ToForward, "results" | "author">,
  wishes: ReadonlyMap<string, ForwardWish>,
): Promise<PreparedForward> {
  const { store } = outbound;
  const { mailFrom, content, messageId, traceId } = message;
  const targets = targetsOf(onward);
  let eightBit = false;
  const blob = await store.vault.seal(tenantId, content, (plain) => {
    eightBit ||= plain.some((octet) => octet > 127);
  });
  const id = SubmissionId.parse(newUuid(store.clock, store.random));
  const now = store.clock();
  const opening = {
    direction: "out",
    sender: mailFrom,
    messageId,
    size: blob.size,
    clientIp: null,
  } as const;
  return {
    onward,
    blob,
    submission: {
      id,
      accountId: null,
      mailFrom,
      eightBit,
      smtpUtf8: [mailFrom, ...targets.keys()].some(isUtf8),
      ret: message.ret ?? "HDRS",
      envid: message.envid ?? null,
      requireTls: message.requireTls === true,
      arrivedAt: now,
      sendAt: now,
      giveUpAt: now + queueTimes(outbound).lifeMs,
      undoStatus: "final",
      identityId: null,
      emailId: null,
      threadId: null,
      modseq: 0,
      recipients: [...targets].map(([address, { domain, vias }]) => ({
        address,
        domain,
        ...mergeWishes(vias.map((via) => wishes.get(via) ?? NO_WISH)),
        delivered: "queued",
        smtpReply: null,
      })),
    },
    events: [
      ...onward.map(({ address, targets: to }): HistoryEvent => {
        const detail = { to: to.slice(0, 20).join(", ") };
        return { traceId, at: now, kind: "forwarded", recipient: address, detail };
      }),
      ...[...targets.keys()].map((recipient): HistoryEvent => ({
        traceId: TraceId.parse(id),
        at: now,
        kind: "queued",
        recipient,
        opening,
      })),
    ],
  };
}

interface Target {
  /** that it is queued for */
  readonly domain: string;
  /** all that lead there */
  readonly vias: string[];
}

/** Addresses that mail goes on to, each once however many lead there. */
function targetsOf(onward: readonly Onward[]): Map<string, Target> {
  const seen = new Map<string, Target | null>();
  const targets = new Map<string, Target>();
  for (const { via, address, relay } of onward.flatMap((one) =>
    one.targets.map((to) => ({ ...one, address: to })),
  )) {
    const canonical = normalizeAddress(address);
    const key = canonical.ok ? canonical.value : address;
    const known = seen.get(key);
    known?.vias.push(via);
    if (known !== undefined) continue;
    const path = parseRcptTo(`TO:<${address}>`);
    const domain =
      path.ok && relay !== undefined ? relayDomain(relay.server) : path.ok ? path.value.path.domain : null;
    const target = domain === null ? null : { domain, vias: [via] };
    seen.set(key, target);
    if (target !== null) targets.set(address, target);
  }
  return targets;
}

/** Whose forwards they are; groups and catch-alls are nobody's. */
const accountsOf = (onward: readonly Onward[]): AccountId[] =>
  onward.flatMap(({ via }) =>
    via.startsWith("account:") ? AccountId.parse(via.slice("account:".length)) : [],
  );

/** Puts a prepared forward into the queue, in the transaction of what else becomes of the message; wake the queue after it.
 * @param vias that have not sent it on yet; all when absent */
export async function insertForward(
  tx: TenantTx,
  { blob, onward, submission, events }: PreparedForward,
  vias?: ReadonlySet<string>,
): Promise<void> {
  const fresh = onward.filter((one) => vias === undefined || vias.has(one.via));
  const sent = targetsOf(onward.filter((one) => !fresh.includes(one)));
  const recipients = submission.recipients.filter((to) => !sent.has(to.address));
  if (fresh.length === 0 || recipients.length === 0) return;
  const blobId = await insertBlob(tx, blob);
  await insertSubmission(tx, { ...submission, recipients, blobId, size: blob.size });
  await insertForwarded(tx, submission.id, accountsOf(fresh));
  await insertEvents(tx, events);
}
