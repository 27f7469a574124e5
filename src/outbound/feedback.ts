import { type AccountId, TenantId } from "../kernel/id.ts";
import { type FeedbackReport, parseFeedbackReport } from "../protocol/arf/index.ts";
import { readAccount } from "../tenants/index.ts";
import { raiseAlert } from "./alerts.ts";
import { REFERENCE_FIELD } from "./bulk.ts";
import { canonicalAddress } from "./canonical-address.ts";
import { followHolds, holdAccount } from "./holds.ts";
import { DAY_MS, windowsOf } from "./limits.ts";
import { type Outbound, SubmissionId } from "./outbound.ts";
import { openToken } from "./sealed-token.ts";
import { lockAccounts } from "./submission.store.ts";
import {
  findSubmissionTo,
  insertComplaint,
  insertSuppression,
  readSubmissionSender,
} from "./suppression.store.ts";

/** Complaints come within days; an older message is not looked for. */
const LOOK_BACK_MS = 30 * DAY_MS;
/** So many complaints about an account within a day are told to administrators, and so many hold its mail. */
const ALERT_AT = 3;
const HOLD_AT = 10;

/** Whose message a report is about. */
interface Culprit {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly submissionId: SubmissionId;
  /** who complains; null: not told */
  readonly recipient: string | null;
  /** Our own sealed reference stood in it: the reporter has seen the message. */
  readonly isProven: boolean;
}

export type FeedbackOutcome = "no_report" | "unattributed" | "known" | "counted";

/** Addresses at which complaints of other systems come in (RFC 2142 §4, RFC 6650 §3). */
export const isFeedbackAddress = (address: string): boolean => /^(?:abuse|fbl)(?:\+[^@]*)?@/i.test(address);

/** Takes a complaint (RFC 5965) that came by mail: finds whose message it is about, counts it once, and sends that recipient no more
 * bulk mail. What it makes of a report is one commit, and the same report again changes nothing: it may be called before the report
 * itself is stored, and again when its sender tries again.
 * @throws {MailError} unavailable */
export async function takeFeedback(
  outbound: Outbound,
  message: Uint8Array<ArrayBuffer>,
): Promise<FeedbackOutcome> {
  const parsed = parseFeedbackReport(message);
  if (!parsed.ok || parsed.value.feedbackType === "not-spam") return "no_report";
  const culprit = (await byReference(outbound, parsed.value)) ?? (await bySender(outbound, parsed.value));
  if (culprit === null) return "unattributed";
  const report = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
  const { tenantId, accountId, submissionId, recipient, isProven } = culprit;
  const { db, clock } = outbound.store;
  const now = clock();
  const { feedbackType } = parsed.value;
  const result = await db.tenant(tenantId, async (tx) => {
    await lockAccounts(tx, [accountId]);
    const complaint = { report, accountId, submissionId, address: recipient, feedbackType, now };
    const count = await insertComplaint(tx, complaint, now - DAY_MS);
    if (count === null) return null;
    if (recipient !== null)
      await insertSuppression(tx, { address: recipient, sender: "", reason: "complaint", detail: "" }, now);
    // Anybody can write that they complain: only those who have seen the message can stop its sender.
    const isHeld =
      isProven &&
      count >= HOLD_AT &&
      (await holdAccount(tx, accountId, { reason: "complaints", detail: { complaints: count }, now }));
    return { count, isHeld, address: (await readAccount(tx, accountId)).address };
  });
  if (result === null) return "known";
  if (result.isHeld) await followHolds(outbound, tenantId);
  if (result.count >= ALERT_AT)
    await raiseAlert(outbound, tenantId, {
      kind: "complaints",
      subject: result.address,
      windowStart: windowsOf(now).dayStart,
      detail: { count: result.count },
      at: now,
    });
  return "counted";
}

/** The recipients that a report names, in canonical form. */
function recipientsOf({ originalRcptTo, original }: FeedbackReport): string[] {
  const named = originalRcptTo.length > 0 ? originalRcptTo : (original?.to ?? []);
  return [...new Set(named.map(canonicalAddress))];
}

async function byReference(outbound: Outbound, report: FeedbackReport): Promise<Culprit | null> {
  const token = report.original?.field(REFERENCE_FIELD);
  if (token === undefined || token === null) return null;
  const words = await openToken(outbound.tenancy.keys, "reference", token.replaceAll(/\s+/g, ""));
  const tenantId = TenantId.safeParse(words?.[0]);
  const submissionId = SubmissionId.safeParse(words?.[1]);
  if (!tenantId.success || !submissionId.success) return null;
  const found = await outbound.store.db.tenant(tenantId.data, (tx) =>
    readSubmissionSender(tx, submissionId.data),
  );
  if (found === undefined) return null;
  const had = found.recipients.map(canonicalAddress);
  const named = recipientsOf(report).filter((one) => had.includes(one));
  const [only, second] = named.length > 0 ? named : had;
  return {
    tenantId: tenantId.data,
    accountId: found.accountId,
    submissionId: submissionId.data,
    recipient: second === undefined ? (only ?? null) : null,
    isProven: true,
  };
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/** Without a reference of ours: whoever it says to come from must have sent something to whom it says it went to. */
async function bySender(outbound: Outbound, report: FeedbackReport): Promise<Culprit | null> {
  const { originalMailFrom, original } = report;
  const senders = [...(original?.from ?? []), ...(originalMailFrom === null ? [] : [originalMailFrom])];
  const recipients = recipientsOf(report);
  const canonical = [...new Set(senders.map(canonicalAddress))].slice(0, 4);
  const tenants = await outbound.tenancy.domains.tenantsOf(canonical.map(domainOf));
  const since = outbound.store.clock() - LOOK_BACK_MS;
  for (const sender of canonical) {
    const tenantId = tenants.get(domainOf(sender));
    if (tenantId === undefined) continue;
    for (const recipient of recipients.slice(0, 4)) {
      const found = await outbound.store.db.tenant(tenantId, (tx) =>
        findSubmissionTo(tx, sender, recipient, since),
      );
      if (found !== undefined) return { tenantId, ...found, recipient, isProven: false };
    }
  }
  return null;
}
