import type { LimitNumbers, LimitScope, SendingLimits } from "../../../src/contract/sending-limits.ts";

export const NUMBERS = ["hourMessages", "hourRecipients", "dayMessages", "dayRecipients"] as const;
export type NumberName = (typeof NUMBERS)[number];

export type OwnLimit = SendingLimits["own"][number];

/** For whom a limit is: `each` stands for every mailbox. */
export const KINDS = ["mailbox", "domain", "each", "tenant"] as const;
export type Kind = (typeof KINDS)[number];

/** A limit as the fields of a form have it. */
export interface LimitDraft {
  readonly kind: Kind;
  /** an address or a domain */
  readonly subject: string;
  readonly numbers: Readonly<Record<NumberName, string>>;
}

const EMPTY = { hourMessages: "", hourRecipients: "", dayMessages: "", dayRecipients: "" };
export const NEW_LIMIT: LimitDraft = { kind: "mailbox", subject: "", numbers: EMPTY };

export function toDraft({ scope, subject, limits }: OwnLimit): LimitDraft {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, limits[name] ?? ""].map(String)));
  const kind = scope === "mailbox" && subject === "" ? "each" : scope;
  return { kind, subject, numbers: { ...EMPTY, ...numbers } };
}

/** Under which name the limit is kept. */
export function placeOf({ kind, subject }: LimitDraft): { scope: LimitScope; subject: string } {
  if (kind === "each") return { scope: "mailbox", subject: "" };
  return { scope: kind, subject: kind === "tenant" ? "" : subject.trim().toLowerCase() };
}

/** The most that the operator allows there; null: nothing was said. */
export function capOf(caps: SendingLimits["caps"], draft: LimitDraft, name: NumberName): number | null {
  const { scope, subject } = placeOf(draft);
  const of = (wanted: LimitScope, whom: string): number | null =>
    caps.find((one) => one.scope === wanted && one.subject === whom)?.limits[name] ?? null;
  const all = [of(scope, subject) ?? of(scope, ""), of("tenant", "")].filter((one) => one !== null);
  return all.length === 0 ? null : Math.min(...all);
}

export type Fault = "subject" | "empty" | "digits" | "above";

/** What the fields say, or which of them is wrong. A field without a number keeps what stands there already: `before`. */
export function readDraft(
  draft: LimitDraft,
  caps: SendingLimits["caps"],
  before: LimitNumbers | undefined,
): { readonly limits: LimitNumbers; readonly faults: Partial<Record<NumberName | "subject", Fault>> } {
  const faults: Partial<Record<NumberName | "subject", Fault>> = {};
  const { scope, subject } = placeOf(draft);
  const form = scope === "domain" ? /^[^\s@]+\.[^\s@]+$/ : /^[^\s@]+@[^\s@]+$/;
  if ((draft.kind === "mailbox" || draft.kind === "domain") && !form.test(subject))
    faults.subject = "subject";
  const read = (name: NumberName): number | null => {
    const text = draft.numbers[name].trim();
    if (text === "") return before?.[name] ?? null;
    const value = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
    const cap = capOf(caps, draft, name);
    if (!(value <= 10_000_000)) faults[name] = "digits";
    else if (cap !== null && value > cap) faults[name] = "above";
    return value;
  };
  const limits = {
    hourMessages: read("hourMessages"),
    dayMessages: read("dayMessages"),
    hourRecipients: read("hourRecipients"),
    dayRecipients: read("dayRecipients"),
  };
  if (NUMBERS.every((name) => limits[name] === null)) faults.hourMessages = "empty";
  return { limits, faults };
}
