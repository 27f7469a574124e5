import type { Reply } from "../../src/protocol/smtp/index.ts";

/** Why a message was not simply put into the inbox; shown to administrators, and in the quarantine to its recipient. */
export interface Reason {
  readonly code: "spam" | "virus" | "attachment" | "dmarc" | "client" | "unscanned" | "loop";
  /** One line in English for the record: a score, a signature's name, a file name. */
  readonly detail: string;
}

/** What one tenant does with a message. */
export type Verdict =
  | { readonly kind: "inbox" | "junk" | "quarantine"; readonly reasons: readonly Reason[] }
  | { readonly kind: "reject" | "defer"; readonly reasons: readonly Reason[]; readonly reply: Reply };
