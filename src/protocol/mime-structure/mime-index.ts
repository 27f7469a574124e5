import type { Parameters, ZonedTime } from "../header/index.ts";

/**
 * One address of an IMAP ENVELOPE (RFC 9051 §7.5.2), unfolded, encoded words not decoded. A group is
 * `[null, null, name, null]`, its members, `[null, null, null, null]`. A mailbox without `@` has the domain "".
 */
export type EnvelopeAddress = readonly [
  name: string | null,
  route: string | null,
  mailbox: string | null,
  host: string | null,
];

/**
 * Header values as IMAP's ENVELOPE wants them: unfolded, not decoded. A field that is absent (or an address list
 * that is empty) has no key. If a field comes twice the last one counts (RFC 8621 §4.1.2). ENVELOPE's rule
 * that sender and reply-to default to from is the reader's ({@link imapEnvelope}).
 */
export interface Envelope {
  readonly date?: string;
  readonly subject?: string;
  readonly from?: readonly EnvelopeAddress[];
  readonly sender?: readonly EnvelopeAddress[];
  readonly replyTo?: readonly EnvelopeAddress[];
  readonly to?: readonly EnvelopeAddress[];
  readonly cc?: readonly EnvelopeAddress[];
  readonly bcc?: readonly EnvelopeAddress[];
  readonly inReplyTo?: string;
  readonly messageId?: string;
}

/**
 * One MIME part. Optional keys are absent when the header field is. Offsets are octets from the start of the
 * stored message. `at` is [header start, body start, body end]: the header with its empty line is
 * [at[0], at[1]), the body without the line end that belongs to the next boundary is [at[1], at[2]).
 */
export interface MimePart {
  readonly at: readonly [headerStart: number, bodyStart: number, bodyEnd: number];
  /** Media type in lower case, never empty. A declared type whose inside could not be read is replaced; see `was`. */
  readonly type: string;
  /** Media subtype in lower case, never empty. */
  readonly sub: string;
  /** The declared `type/subtype` of a message that is encoded or nested too deep; IMAP can only show it as a leaf. */
  readonly was?: string;
  /** Content-Type parameters, RFC 2231 decoded, encoded words not decoded. */
  readonly params?: Parameters;
  /** Content-Transfer-Encoding in lower case; absent: 7bit. */
  readonly enc?: string;
  /** Line ends in the body; only for text/* and message/*. */
  readonly lines?: number;
  /** Octets of the body after transfer decoding; only for base64 and quoted-printable leaves. */
  readonly decoded?: number;
  /** Content-ID as written (with angle brackets), Content-Description, Content-MD5. */
  readonly id?: string;
  readonly desc?: string;
  readonly md5?: string;
  /** Content-Disposition in lower case, and its parameters like `params`. */
  readonly disp?: string;
  readonly dispParams?: Parameters;
  /** Content-Language tags, Content-Location. */
  readonly lang?: readonly string[];
  readonly loc?: string;
  /** Children; only for multipart/*, never empty. */
  readonly parts?: readonly MimePart[];
  /** What is inside a message/rfc822 or message/global. */
  readonly msg?: NestedMessage;
}

export interface NestedMessage {
  readonly env: Envelope;
  /** The nested message as a part: `at[0]` is its first octet. */
  readonly body: MimePart;
}

/** Everything that IMAP and JMAP need to know of a message without reading it again. Plain JSON. */
export interface MimeIndex {
  /** Form of this index; a reader that finds another number parses the message again. */
  readonly v: 1;
  /** Octets of the whole message. */
  readonly size: number;
  readonly env: Envelope;
  readonly root: MimePart;
  /** Message ids without angle brackets (RFC 8621 §4.1.2.5), for threading; absent if there are none. */
  readonly ids?: readonly string[];
  readonly inReplyTo?: readonly string[];
  readonly refs?: readonly string[];
  /** The Date field; null if it is missing or senseless. */
  readonly sent: ZonedTime | null;
  /** RFC 8621 §4.1.4. */
  readonly hasAttachment: boolean;
  /** First text of the message, decoded, at most 256 characters, white space collapsed. */
  readonly preview: string;
}

/** What an index may cost. Past a limit the rest of the message is one opaque leaf, or a value is cut. */
export interface MimeLimits {
  /** Parts of one message. */
  readonly parts: number;
  /** Multiparts and messages inside each other. */
  readonly depth: number;
  /** Octets of one header block that are looked at. */
  readonly headerBytes: number;
  /** Octets kept of one header field: address lists, and References; and of any other field. */
  readonly listBytes: number;
  readonly fieldBytes: number;
  /** Octets of header values kept for the whole message. */
  readonly textBytes: number;
}

export const MIME_LIMITS: MimeLimits = {
  parts: 20_000,
  depth: 100,
  headerBytes: 1 << 20,
  listBytes: 1 << 17,
  fieldBytes: 1 << 14,
  textBytes: 1 << 21,
};
