/** So long the one who has a domain has time to answer before it goes to another who shows control. */
export const GRACE_MS = 7 * 86_400_000;

export interface ProofFacts {
  readonly token: string;
  /** who has proven the domain; null: nobody */
  readonly holder: { readonly isSelf: boolean; readonly token: string } | null;
  /** tokens that the DNS shows now, and whether it showed all that there are */
  readonly tokens: readonly string[];
  readonly areTokensSure: boolean;
  /** milliseconds since the epoch; null: nobody contests it for this tenant */
  readonly contestedSince: number | null;
  readonly now: number;
}

/** nothing: it stays as it is. prove: the domain is this tenant's from now on. contest: this tenant shows control of what another has; both
 * are told, and the time of grace begins. move: that time is over. yield: what began the contest is not so any more. */
export type ProofStep = "nothing" | "prove" | "contest" | "move" | "yield";

/** What follows for a claim from what the DNS shows. See docs/adr/0008. */
export function decideProof(facts: ProofFacts): ProofStep {
  const { token, holder, tokens, areTokensSure, contestedSince, now } = facts;
  const isShown = tokens.includes(token);
  if (holder === null) return isShown ? "prove" : contestedSince === null ? "nothing" : "yield";
  if (holder.isSelf) return contestedSince === null ? "nothing" : "yield";
  const isHoldersShown = tokens.includes(holder.token);
  // Silence decides nothing, in neither direction.
  if (!isHoldersShown && isShown && areTokensSure) {
    if (contestedSince === null) return "contest";
    return now - contestedSince >= GRACE_MS ? "move" : "nothing";
  }
  const isOver = isHoldersShown || (areTokensSure && !isShown);
  return contestedSince !== null && isOver ? "yield" : "nothing";
}
