import type { MailPolicy } from "../../src/contract/mail-policy.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { weighClient } from "./weigh-client.ts";
import type { AttachmentsFinding, AuthenticationFinding, Findings, SpamFinding } from "./finding.ts";
import type { Reason, Verdict } from "./verdict.ts";

type Kind = Verdict["kind"];

/** One thing that a policy wants done, and why. */
interface Wish {
  readonly kind: Kind;
  readonly reason: Reason;
  /** for reject and defer */
  readonly reply: Reply;
}

/** The later one wins. A message that may have to be refused is not taken while that is unknown. */
const ORDER: readonly Kind[] = ["inbox", "junk", "quarantine", "defer", "reject"];

const UNSCANNED = reply(451, "4.7.1", "The message can't be checked right now; please try again shortly");
const VIRUS = reply(554, "5.7.1", "The message carries malware");
const ATTACHMENT = reply(554, "5.7.1", "The message has an attachment of a kind that is not accepted here");
const SPAM = reply(
  554,
  "5.7.1",
  "The message looks like spam; if it is none, please write to our postmaster",
);
const DMARC = reply(
  550,
  "5.7.26",
  "The author's domain asks to refuse mail that it does not vouch for (DMARC)",
);

/** What one tenant does with a message.
 * @param isForRole one of its recipients is postmaster or abuse, who get what a message looks like into Junk at most (RFC 5321 §4.5.1,
 * RFC 2142 §4); malware is stopped there too */
export function decide(findings: Findings, policy: MailPolicy, isForRole: boolean): Verdict {
  const wishes = [
    ...virusWishes(findings, policy),
    ...scannerWishes(findings, policy),
    ...attachmentWishes(findings.attachments, policy, isForRole),
    ...spamWishes(findings.spam, policy, isForRole),
    ...dmarcWishes(findings.authentication, policy, isForRole),
    ...clientWishes(findings, policy),
  ];
  const kind = ORDER.findLast((one) => wishes.some((wish) => wish.kind === one)) ?? "inbox";
  const reasons = wishes.map((wish) => wish.reason);
  if (kind !== "reject" && kind !== "defer") return { kind, reasons };
  return { kind, reasons, reply: wishes.find((wish) => wish.kind === kind)?.reply ?? UNSCANNED };
}

function virusWishes({ virus: { scan } }: Findings, policy: MailPolicy): Wish[] {
  if (scan.state !== "done" || scan.virus === null) return [];
  return [{ kind: policy.virus, reason: { code: "virus", detail: scan.virus }, reply: VIRUS }];
}

/** A scanner that is set up and says nothing is never a silent pass: the sender comes again, or the record says so. What it will
 * not take the next time either is taken now. */
function scannerWishes({ virus, spam }: Findings, { scannerDown }: MailPolicy): Wish[] {
  return [virus, spam].flatMap(({ check, scan }): Wish[] => {
    if (scan.state !== "down" && scan.state !== "skipped") return [];
    const kind = scan.state === "down" && scannerDown === "defer" ? "defer" : "inbox";
    return [{ kind, reason: { code: "unscanned", detail: `${check}: ${scan.why}` }, reply: UNSCANNED }];
  });
}

function attachmentWishes(
  { files, closed, tooMuch }: AttachmentsFinding,
  { attachments: { blocked, action, encryptedArchives } }: MailPolicy,
  isForRole: boolean,
): Wish[] {
  const kind = isForRole ? "quarantine" : action;
  const bad = files.find((file) => blocked.includes(file.ending));
  return [
    ...(bad === undefined
      ? []
      : [attachmentWish(kind, bad.by === "name" ? bad.path : `${bad.path} is a program (${bad.ending})`)]),
    ...(tooMuch === null || blocked.length === 0 ? [] : [attachmentWish(kind, tooMuch)]),
    ...(encryptedArchives === "allow"
      ? []
      : closed.slice(0, 1).map(({ path, why }) => attachmentWish("quarantine", `${path}: ${CLOSED[why]}`))),
  ];
}

const attachmentWish = (kind: Kind, detail: string): Wish => ({
  kind,
  reason: { code: "attachment", detail },
  reply: ATTACHMENT,
});

const CLOSED = {
  password: "an archive with a password",
  damaged: "a damaged archive",
  kind: "an archive that can't be opened here",
} as const;

function spamWishes({ scan }: SpamFinding, { spam }: MailPolicy, isForRole: boolean): Wish[] {
  if (scan.state !== "done") return [];
  const { symbols } = scan;
  const score = scan.isForced && scan.action === "reject" ? Infinity : scan.score;
  const kind =
    spam.rejectAt !== null && score >= spam.rejectAt
      ? "reject"
      : spam.quarantineAt !== null && score >= spam.quarantineAt
        ? "quarantine"
        : score >= spam.junkAt
          ? "junk"
          : "inbox";
  if (kind === "inbox") return [];
  const detail = [scan.score.toFixed(1), ...symbols.slice(0, 5)].join(" ");
  return [{ kind: isForRole ? "junk" : kind, reason: { code: "spam", detail }, reply: SPAM }];
}

/** SPF alone never refuses (RFC 7208 §8.4), nor does a DKIM signature that fails (RFC 6376 §6.3). */
function dmarcWishes(
  { authentication: { dmarc, arc }, lot }: AuthenticationFinding,
  policy: MailPolicy,
  isForRole: boolean,
): Wish[] {
  const from = dmarc.fromDomain ?? "no single author domain";
  const wish = (kind: Kind, detail: string): Wish => ({
    kind: policy.dmarc === "mark" ? "inbox" : isForRole && kind === "reject" ? "junk" : kind,
    reason: { code: "dmarc", detail },
    reply: DMARC,
  });
  // More than one author, or one that is none, is how somebody hides from DMARC (RFC 9989 §11.5).
  if (dmarc.result === "permerror") return [wish("junk", from)];
  if (dmarc.result !== "fail" || dmarc.policy === null || dmarc.policy === "none") return [];
  if (arc.vouchedBy !== null)
    return [wish("inbox", `${from} p=${dmarc.policy}, overridden: ARC of ${arc.vouchedBy}`)];
  // RFC 7489 §6.6.4: who is not drawn gets the next weaker policy.
  const isDrawn = lot < (dmarc.published?.pct ?? 100);
  const kind = dmarc.policy === "reject" ? (isDrawn ? "reject" : "junk") : isDrawn ? "junk" : "inbox";
  return [wish(kind, `${from} p=${dmarc.policy}${isDrawn ? "" : ", not drawn (pct)"}`)];
}

/** Who a client is never refuses, and never keeps a message out of the mailbox: it only tips what is in doubt into Junk. */
function clientWishes(findings: Findings, policy: MailPolicy): Wish[] {
  const weighed = weighClient(findings, policy);
  return weighed === null
    ? []
    : [{ kind: weighed.kind, reason: { code: "client", detail: weighed.detail }, reply: SPAM }];
}
