import type { CutoverSender, SenderAdvice, SenderVerdict } from "../contract/cutover.ts";
import type { SeenSender } from "./cutover-sender.store.ts";
import { type MailProvider, providerOf } from "./mail-providers.ts";

/** One address with all that was found out about it. */
export interface LookedSender extends SeenSender {
  readonly from: "reports" | "samples";
  /** the name that leads back to the address; null: there is none */
  readonly reverse: string | null;
  /** mail with a sender of the domain passes SPF from there: by the record as it stands, and as it will */
  readonly spfNow: boolean;
  readonly spfAfter: boolean;
  /** of the server that the mail moves away from */
  readonly isOldServer: boolean;
}

/** Fewer messages than this that nobody vouches for may be forged. */
const FEW = 20;
const LISTED_IPS = 20;
const LISTED_NAMES = 10;

const isAligned = (name: string, domain: string): boolean => {
  const one = name.toLowerCase();
  // Relaxed alignment (RFC 7489 §3.1) with what is the domain itself or below it; what stands above is not asked for here.
  return one === domain || one.endsWith(`.${domain}`);
};

function verdictOf(one: LookedSender, domain: string, spf: boolean): SenderVerdict {
  const half = one.messages / 2;
  const isSigned =
    one.dkimAligned === null
      ? one.signedBy.some((name) => isAligned(name, domain))
      : one.dkimAligned >= half && one.dkimAligned > 0;
  return isSigned ? "dkim" : spf ? "spf" : "fail";
}

/** What receivers have said of it counts for now; who was only seen in samples is judged by the record. */
const spfNow = (one: LookedSender): boolean =>
  one.spfAligned === null ? one.spfNow : one.spfAligned > 0 && one.spfAligned >= one.messages / 2;

function adviceOf(group: readonly LookedSender[], now: SenderVerdict, after: SenderVerdict): SenderAdvice {
  if (group.every((one) => one.isOldServer)) return "moves";
  if (after !== "fail") return "nothing";
  if (now === "spf") return "keep_in_spf";
  const messages = group.reduce((sum, one) => sum + one.messages, 0);
  return messages >= FEW || group.some((one) => one.from === "samples") ? "sign" : "unknown";
}

const hintOf = (provider: MailProvider | null, [first]: readonly LookedSender[]): string | null => {
  if (provider?.include !== undefined) return `include:${provider.include}`;
  return first === undefined ? null : `${first.ip.includes(":") ? "ip6" : "ip4"}:${first.ip}`;
};

const RANK: Readonly<Record<SenderVerdict, number>> = { fail: 0, spf: 1, dkim: 2 };

/** Puts the addresses that send in the name of a domain together by who runs them, and says of each what will become of its mail: those that
 * will fail first, then by messages. A group is as good as its worst address. */
export function judgeSenders(domain: string, senders: readonly LookedSender[]): CutoverSender[] {
  const groups = Map.groupBy(senders, (one) => {
    const name = one.reverse ?? (one.host === "" ? null : one.host);
    const provider = name === null ? null : providerOf(name);
    const now = verdictOf(one, domain, spfNow(one));
    const after = verdictOf(one, domain, one.spfAfter);
    // What passes is not put together with what does not.
    return [provider?.name ?? name ?? one.ip, now, after, one.isOldServer].join("\n");
  });
  const judged = [...groups.values()].map(
    (group): { readonly sender: CutoverSender; readonly order: number } => {
      const sorted = group.toSorted((a, b) => b.messages - a.messages || a.ip.localeCompare(b.ip));
      const [first] = sorted;
      const name = first?.reverse ?? (first?.host === "" ? null : (first?.host ?? null));
      const provider = name === null ? null : providerOf(name);
      const worst = (of: (one: LookedSender) => SenderVerdict): SenderVerdict =>
        group.map(of).toSorted((a, b) => RANK[a] - RANK[b])[0] ?? "fail";
      const now = worst((one) => verdictOf(one, domain, spfNow(one)));
      const after = worst((one) => verdictOf(one, domain, one.spfAfter));
      const advice = adviceOf(group, now, after);
      const names = (of: (one: LookedSender) => readonly string[]): string[] =>
        [...new Set(group.flatMap(of))].toSorted().slice(0, LISTED_NAMES);
      const sender: CutoverSender = {
        name: provider?.name ?? name ?? first?.ip ?? "",
        provider: provider?.name ?? null,
        ips: [...new Set(sorted.map((one) => one.ip))].slice(0, LISTED_IPS),
        messages: group.reduce((sum, one) => sum + one.messages, 0),
        firstSeen: new Date(Math.min(...group.map((one) => one.firstAt))).toISOString(),
        lastSeen: new Date(Math.max(...group.map((one) => one.lastAt))).toISOString(),
        from: [...new Set(group.map((one) => one.from))].toSorted(),
        signedBy: names((one) => one.signedBy),
        mailFrom: names((one) => one.mailFrom),
        now,
        after,
        advice,
        hint: advice === "keep_in_spf" || advice === "sign" ? hintOf(provider, sorted) : null,
      };
      return { sender, order: advice === "moves" ? 3 : RANK[after] };
    },
  );
  return judged
    .toSorted(
      (a, b) =>
        a.order - b.order ||
        b.sender.messages - a.sender.messages ||
        a.sender.name.localeCompare(b.sender.name),
    )
    .map(({ sender }) => sender);
}

/** Whether something is to be done about it. */
export const isFailing = ({ after, advice }: CutoverSender): boolean =>
  after === "fail" && advice !== "moves";
