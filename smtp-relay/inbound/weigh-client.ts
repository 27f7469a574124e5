import type { MailPolicy } from "../../src/contract/mail-policy.ts";
import type { HeloFinding } from "../gate/check-helo.ts";
import type { Authentication } from "./authentication.ts";
import type { Findings } from "./finding.ts";

/** What each thing that stands out adds to the score of the spam filter. Together half of what is Junk by default: neither
 * makes spam of a message that the filter finds clean. */
const POINTS = { nameless: 1.5, helo: 1.5 } as const;

const HELO_WORDS: Readonly<Record<HeloFinding, string>> = {
  helo_malformed: "is no host name",
  helo_bare_address: "is an address without brackets",
  helo_other_address: "is another address",
  helo_private_name: "is a private name",
  helo_is_us: "claims to be this server",
};

/** Something vouches for the sender, so it does not matter who carries the message. */
function isVouchedFor({ spf, dkim, dmarc, arc }: Authentication): boolean {
  return (
    spf.result === "pass" ||
    dmarc.result === "pass" ||
    arc.vouchedBy !== null ||
    dkim.some((one) => one.result === "pass" && one.isAligned)
  );
}

/** Weighs what stands out in a client. With a score of the spam filter, points are added to it, and what reaches the agency's limit for
 * Junk goes there. Without one, a client goes to Junk that has no reverse name, and a strange HELO, and nothing that vouches for the sender;
 * an agency that wants DMARC only marked (`dmarc: "mark"`) has that only marked too.
 * @returns null: it changes nothing */
export function weighClient(
  { client, authentication: { authentication }, spam: { scan } }: Findings,
  policy: Pick<MailPolicy, "spam" | "dmarc">,
): { readonly kind: "inbox" | "junk"; readonly detail: string } | null {
  const { isNameless, helo, isKnownGood } = client;
  if (isKnownGood || isVouchedFor(authentication)) return null;
  const tells = [
    ...(isNameless ? ["no reverse name"] : []),
    ...(helo.length > 0 ? [`HELO ${helo.map((one) => HELO_WORDS[one]).join(" and ")}`] : []),
  ];
  const points = (isNameless ? POINTS.nameless : 0) + (helo.length > 0 ? POINTS.helo : 0);
  if (scan.state !== "done")
    return isNameless && helo.length > 0
      ? {
          kind: policy.dmarc === "mark" ? "inbox" : "junk",
          detail: [...tells, "nothing vouches for the sender"].join(", "),
        }
      : null;
  // Where a rule has the last word, the score says nothing.
  if (points === 0 || scan.isForced) return null;
  const { junkAt } = policy.spam;
  if (scan.score >= junkAt || scan.score + points < junkAt) return null;
  return { kind: "junk", detail: `${tells.join(", ")}: ${scan.score.toFixed(1)} + ${points} points` };
}
