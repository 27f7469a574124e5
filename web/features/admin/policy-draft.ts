import { DANGEROUS_ENDINGS, type MailPolicy } from "../../../src/contract/mail-policy.ts";

/** Scores from which a message is taken for spam, by how strict an agency wants to be. */
export const STRICTNESS = {
  lenient: { junkAt: 8, quarantineAt: 16, rejectAt: 30 },
  balanced: { junkAt: 6, quarantineAt: 12, rejectAt: 20 },
  strict: { junkAt: 4, quarantineAt: 8, rejectAt: 12 },
} as const;
export const LEVELS = ["lenient", "balanced", "strict", "own"] as const;
export type Level = (typeof LEVELS)[number];

/** Which of the levels these scores are. */
function levelOf({ junkAt, quarantineAt, rejectAt }: MailPolicy["spam"]): Level {
  const found = (["lenient", "balanced", "strict"] as const).find((level) => {
    const wanted = STRICTNESS[level];
    return wanted.junkAt === junkAt && wanted.quarantineAt === quarantineAt && wanted.rejectAt === rejectAt;
  });
  return found ?? "own";
}

/** The policy as fields of a form have it. */
export interface PolicyDraft {
  readonly greylisting: boolean;
  readonly scannerDown: string;
  readonly level: Level;
  readonly junkAt: string;
  readonly quarantineAt: string;
  readonly rejectAt: string;
  readonly dmarc: string;
  readonly virus: string;
  readonly blocked: string;
  readonly action: string;
  readonly encryptedArchives: string;
  readonly digest: string;
}

const print = (score: number | null): string => (score === null ? "" : String(score));

export function toDraft(policy: MailPolicy): PolicyDraft {
  const { spam, attachments, greylisting, scannerDown, dmarc, virus, digest } = policy;
  return {
    greylisting,
    scannerDown,
    level: levelOf(spam),
    junkAt: print(spam.junkAt),
    quarantineAt: print(spam.quarantineAt),
    rejectAt: print(spam.rejectAt),
    dmarc,
    virus,
    blocked: attachments.blocked.join(" "),
    action: attachments.action,
    encryptedArchives: attachments.encryptedArchives,
    digest,
  };
}

export const DEFAULT_BLOCKED: string = DANGEROUS_ENDINGS.join(" ");

const score = (text: string): number | null => (text.trim() === "" ? null : Number(text.replace(",", ".")));

/** What the fields say, for the schema to look at. An empty score means never. */
export function fromDraft(draft: PolicyDraft): unknown {
  const blocked = draft.blocked
    .split(/[\s,;]+/)
    .map((one) => one.replace(/^\*?\./, ""))
    .filter((one) => one !== "");
  return {
    greylisting: draft.greylisting,
    scannerDown: draft.scannerDown,
    spam: {
      junkAt: score(draft.junkAt),
      quarantineAt: score(draft.quarantineAt),
      rejectAt: score(draft.rejectAt),
    },
    dmarc: draft.dmarc,
    virus: draft.virus,
    attachments: {
      blocked: [...new Set(blocked)],
      action: draft.action,
      encryptedArchives: draft.encryptedArchives,
    },
    digest: draft.digest,
  };
}
