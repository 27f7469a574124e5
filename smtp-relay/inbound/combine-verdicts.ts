import type { TenantId } from "../../src/kernel/id.ts";
import type { Reply } from "../../src/protocol/smtp/index.ts";
import type { Verdict } from "./verdict.ts";

export type Filed = Extract<Verdict, { kind: "inbox" | "junk" | "quarantine" }>;

/** One message has one reply (RFC 5321 §4.1.1.4), whatever its tenants want. One that can't decide yet makes all wait; when all
 * refuse, it is refused; and when some take it, those that would have refused put it into quarantine: nothing is lost, and
 * nobody who is not the sender gets a bounce.
 * @returns the reply, or what each tenant that takes it does */
export function combineVerdicts(
  verdicts: ReadonlyMap<TenantId, Verdict>,
): { readonly reply: Reply } | { readonly verdicts: ReadonlyMap<TenantId, Filed> } {
  const all = [...verdicts.values()];
  for (const verdict of all) if (verdict.kind === "defer") return { reply: verdict.reply };
  const [first] = all;
  if (first?.kind === "reject" && all.every((one) => one.kind === "reject")) return { reply: first.reply };
  const filed = new Map<TenantId, Filed>();
  for (const [tenantId, verdict] of verdicts) {
    const { kind, reasons } = verdict;
    filed.set(tenantId, { kind: kind === "reject" || kind === "defer" ? "quarantine" : kind, reasons });
  }
  return { verdicts: filed };
}
