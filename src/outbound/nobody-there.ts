/** Status codes that say by themselves that the address receives no mail (RFC 3463 §3.2 and §3.3): no such mailbox, no such host, malformed,
 * moved away, and a domain that takes no mail at all (RFC 7505 §4.2). */
const NOBODY = new Set(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"]);
/** Disabled, but two large receivers say it of a mailbox, too, that gets too much at the moment. */
const DISABLED = "5.2.1";
/** Codes that tell no reason, so that the words must: `5.0.0` stands for an answer without any. */
const UNTOLD = new Set(["5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.5.0"]);
/** Of a receiver with many mailboxes, whose answer for those that do not exist has this code and no other words. */
const UNAVAILABLE = "5.5.0";

const CODES = new Set(["550", "551", "553", "554"]);
const THING =
  "(?:users?|recipients?|mailbox(?:es)?|accounts?|address(?:es)?|e-?mail(?: (?:account|address))?)";
const GONE = [
  new RegExp(
    `\\b(?:unknown|invalid|non-?existent|no such|inactive|disabled|bad destination)(?: (?:local|virtual|e-?mail|destination))? ${THING}\\b`,
    "i",
  ),
  new RegExp(
    `\\b${THING}\\b[^.:;]{0,60}\\b(?:is |was |are )?(?:unknown|not known|not found|invalid|disabled|inactive|deactivated|discontinued|no longer (?:exists|active|available|valid))`,
    "i",
  ),
  new RegExp(`\\b${THING}\\b[^.:;]{0,60}\\bdo(?:es)?(?: not|n['’]t) exist`, "i"),
  /\b(?:does(?: not|n['’]t)|do not|don['’]t) have an? \S+ account\b/i,
  /\bno (?:mailbox|user|account) (?:here|by that name|with that name)\b/i,
];
/** About the message, its sender, or a moment: whoever says so may take the next one. */
const OTHERWISE =
  /spam|junk|virus|malware|phish|polic(?:y|ies)|reputation|black ?list|block ?list|\bblocked\b|dnsbl|spamhaus|\bspf\b|dkim|dmarc|\bsenders?\b|\bmail from\b|relay|denied|content|quota|over limit|\bfull\b|too (?:many|much|quickly|fast)|\brate\b|temporar|try again|later/i;

/** Whether a permanent refusal says that nobody receives mail at the address, so that bulk mail had better leave it alone; and not that the
 * other side dislikes this message, its sender or its server (5.7.x), or that a mailbox is full (5.2.2).
 * @param status enhanced status code; `5.0.0` where the answer has none   @param reply `550 5.1.1 no such user` */
export function saysNobodyIsThere({
  status,
  reply,
}: {
  readonly status: string;
  readonly reply: string;
}): boolean {
  if (NOBODY.has(status)) return true;
  if (OTHERWISE.test(reply)) return false;
  if (status === DISABLED) return true;
  if (!UNTOLD.has(status) || !CODES.has(reply.slice(0, 3))) return false;
  if (status === UNAVAILABLE && /mailbox unavailable/i.test(reply)) return true;
  return GONE.some((words) => words.test(reply));
}
