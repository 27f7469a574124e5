import type { Parsed } from "../../kernel/parsed.ts";
import { decodeTransfer } from "../encoding/index.ts";
import { headerText, parseHeaders, parseMessageIds } from "../header/index.ts";
import { parseAddressList } from "../address/index.ts";
import { indexMessage, type MimePart } from "../mime-structure/index.ts";

/** What somebody says of a message that they got (RFC 5965). */
export interface FeedbackReport {
  /** `abuse`, `fraud`, `not-spam`, …: in lower case */
  readonly feedbackType: string;
  readonly userAgent: string | null;
  /** Envelope of the message, as far as the reporter tells it; without angle brackets. */
  readonly originalMailFrom: string | null;
  readonly originalRcptTo: readonly string[];
  /** The message that it is about: of its header what says whose it is. */
  readonly original: {
    readonly messageId: string | null;
    /** `local@domain` */
    readonly from: readonly string[];
    readonly to: readonly string[];
    /** The values of one field, by its name in lower case. */
    field(name: string): string | null;
  } | null;
}

/** More of a part is not looked at. */
const PART_MAX = 262_144;
const VALUE_MAX = 4_000;
const RECIPIENTS_MAX = 100;

/** The fields of a block in the form of a header. */
class Fields {
  readonly #bytes: Uint8Array;
  readonly #values = new Map<string, string[]>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (const field of parseHeaders(bytes)) {
      const name = field.name.toLowerCase();
      const value = headerText(this.#bytes, field.valueStart, field.valueEnd, VALUE_MAX).trim();
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [value]);
      else if (values.length < RECIPIENTS_MAX) values.push(value);
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  one(name: string): string | null {
    return this.all(name)[0] ?? null;
  }
}

/** `<a@b.test>` or `rfc822; a@b.test`: the address. */
function bareAddress(text: string): string {
  const bare = text.replace(/^\s*rfc822\s*;\s*/i, "").trim();
  return bare.replace(/^<(.*)>$/, "$1").trim();
}

function addressesOf(values: readonly string[]): string[] {
  return values.flatMap((value) =>
    parseAddressList(value)
      .flatMap((item) => ("group" in item ? item.members : [item]))
      .filter((box) => box.domain !== "")
      .map((box) => `${box.local}@${box.domain}`),
  );
}

/** All parts in their order, but not what is inside of messages. */
function partsOf(part: MimePart): readonly MimePart[] {
  return [part, ...(part.parts ?? []).flatMap(partsOf)];
}

const wrong = (at: number, expected: string): Parsed<never> => ({ ok: false, at, expected });

/** Reads a report: a multipart/report of the type feedback-report, whose second part says what happened, and whose third part is the
 * message or its header (RFC 5965 §2). Anything else is not one. Never throws. */
export function parseFeedbackReport(message: Uint8Array): Parsed<FeedbackReport> {
  const { root } = indexMessage(message);
  if (root.type !== "multipart" || root.sub !== "report") return wrong(0, "multipart/report");
  const parts = partsOf(root);
  const report = parts.find((one) => one.type === "message" && one.sub === "feedback-report");
  if (report === undefined) return wrong(root.at[1], "message/feedback-report");
  const fields = new Fields(bodyOf(message, report));
  const feedbackType = fields.one("feedback-type")?.toLowerCase();
  if (feedbackType === undefined || !/^[a-z0-9][a-z0-9-]{0,39}$/.test(feedbackType))
    return wrong(report.at[1], "Feedback-Type");
  const mailFrom = fields.one("original-mail-from");
  return {
    ok: true,
    value: {
      feedbackType,
      userAgent: fields.one("user-agent"),
      originalMailFrom: mailFrom === null ? null : bareAddress(mailFrom),
      originalRcptTo: fields.all("original-rcpt-to").map(bareAddress),
      original: originalOf(message, parts),
    },
  };
}

/** The decoded body of a part, its start at least. */
function bodyOf(message: Uint8Array, part: MimePart): Uint8Array {
  const [, start, end] = part.at;
  return decodeTransfer(message.subarray(start, Math.min(end, start + PART_MAX)), part.enc ?? "7bit");
}

function originalOf(message: Uint8Array, parts: readonly MimePart[]): FeedbackReport["original"] {
  const part = parts.find(
    ({ type, sub, was }) =>
      (type === "message" && (sub === "rfc822" || sub === "global")) ||
      (type === "text" && sub === "rfc822-headers") ||
      was === "message/rfc822",
  );
  if (part === undefined) return null;
  const fields = new Fields(bodyOf(message, part));
  return {
    messageId: parseMessageIds(fields.one("message-id") ?? "")[0] ?? null,
    from: addressesOf(fields.all("from")),
    to: addressesOf([...fields.all("to"), ...fields.all("cc")]),
    field: (name) => fields.one(name.toLowerCase()),
  };
}
