import { z } from "zod";
import {
  type ComposePart,
  composeMessage,
  type ByteSource,
  printMailDate,
} from "../../protocol/compose/index.ts";
import { CONVENIENCE, type JsonObject } from "../../protocol/jmap/index.ts";
import { printDraftHeaders } from "./draft-headers.ts";
import { type DraftPart, parseDraftPart, type PartRules } from "./draft-parts.ts";
import { invalidProperties } from "./set-result.ts";

/** A message that a client composes with Email/set (RFC 8621 §4.6), before its blobs are looked up. */
export interface EmailDraft {
  /** Printed fields by their name in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly root: DraftPart;
}

/** The order in which readers of source text expect them. */
const FIELD_ORDER = [
  "date",
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "message-id",
  "in-reply-to",
  "references",
  "subject",
];
const OTHERS = new Set([
  "mailboxIds",
  "keywords",
  "receivedAt",
  "bodyStructure",
  "textBody",
  "htmlBody",
  "attachments",
  "bodyValues",
]);

const BodyValues = z.record(
  z.string(),
  z.strictObject({
    value: z.string(),
    isEncodingProblem: z.literal(false).optional(),
    isTruncated: z.literal(false).optional(),
  }),
);
const Parts = z.array(z.unknown()).nullish();

/** @throws {SetRefusal} invalidProperties */
export function parseEmailDraft(given: JsonObject): EmailDraft {
  const unknown = Object.keys(given).filter(
    (name) => !OTHERS.has(name) && !Object.hasOwn(CONVENIENCE, name) && !name.startsWith("header:"),
  );
  // Parts have their own Content fields; the rest of MIME is the server's.
  const { fields, invalid } = printDraftHeaders(
    given,
    true,
    (field) => !field.startsWith("content-") && field !== "mime-version",
  );
  if (unknown.length > 0 || invalid.length > 0) throw invalidProperties([...unknown, ...invalid]);
  const bodyValues = BodyValues.safeParse(given["bodyValues"] ?? {});
  if (!bodyValues.success) throw invalidProperties(["bodyValues"]);
  const texts = new Map(Object.entries(bodyValues.data).map(([id, { value }]) => [id, value]));
  return { fields, root: parseBody(given, texts) };
}

function parseBody(given: JsonObject, bodyValues: ReadonlyMap<string, string>): DraftPart {
  const { bodyStructure } = given;
  const views = ["textBody", "htmlBody", "attachments"] as const;
  if (bodyStructure !== undefined && bodyStructure !== null) {
    const clash = views.filter((name) => given[name] !== undefined && given[name] !== null);
    if (clash.length > 0) throw invalidProperties(["bodyStructure", ...clash]);
    return parseDraftPart(bodyStructure, { property: "bodyStructure", bodyValues });
  }
  const list = (property: (typeof views)[number], rules: Partial<PartRules>): DraftPart[] => {
    const parsed = Parts.safeParse(given[property]);
    if (!parsed.success) throw invalidProperties([property]);
    return (parsed.data ?? []).map((part) => parseDraftPart(part, { property, bodyValues, ...rules }));
  };
  const text = list("textBody", { type: "text/plain" });
  const html = list("htmlBody", { type: "text/html" });
  if (text.length > 1) throw invalidProperties(["textBody"]);
  if (html.length > 1) throw invalidProperties(["htmlBody"]);
  return assemble(text[0], html[0], list("attachments", { disposition: "attachment" }));
}

const multipart = (sub: string, parts: readonly DraftPart[]): DraftPart => ({
  type: `multipart/${sub}`,
  typeParams: [],
  header: "",
  content: { kind: "multipart", parts },
  isInline: false,
});

/** RFC 2387 §3.1: it says of what type its first part is. */
const related = (html: DraftPart, inline: readonly DraftPart[]): DraftPart => ({
  ...multipart("related", [html, ...inline]),
  typeParams: [["type", "text/html"]],
});

const EMPTY_TEXT: DraftPart = {
  type: "text/plain",
  typeParams: [],
  header: "",
  content: { kind: "text", text: "" },
  isInline: false,
};

/** `mixed(alternative(text, related(html, inline…)), attachment…)`, without the levels that would hold one part. */
function assemble(
  text: DraftPart | undefined,
  html: DraftPart | undefined,
  attachments: readonly DraftPart[],
): DraftPart {
  const inline = html === undefined ? [] : attachments.filter((part) => part.isInline);
  const files = attachments.filter((part) => !inline.includes(part));
  const page = html !== undefined && inline.length > 0 ? related(html, inline) : html;
  const body =
    text !== undefined && page !== undefined ? multipart("alternative", [text, page]) : (page ?? text);
  if (files.length === 0) return body ?? EMPTY_TEXT;
  return multipart("mixed", body === undefined ? files : [body, ...files]);
}

/** The JMAP ids of all blobs that a draft refers to. */
export function blobsOfDraft({ root }: EmailDraft): readonly string[] {
  const collect = ({ content }: DraftPart): readonly string[] =>
    content.kind === "multipart"
      ? content.parts.flatMap(collect)
      : content.kind === "blob"
        ? [content.blobId]
        : [];
  return [...new Set(collect(root))];
}

/** What a composed message gets when the client leaves it out (RFC 8621 §4.6). */
export interface DraftDefaults {
  /** milliseconds since the epoch */
  readonly now: number;
  /** without angle brackets */
  readonly messageId: string;
  readonly newBoundary: () => string;
}

/** Writes the message. @param sourceOf gives the bytes of each of its blobs */
export function composeDraft(
  draft: EmailDraft,
  sourceOf: (blobId: string) => ByteSource,
  { now, messageId, newBoundary }: DraftDefaults,
): ByteSource {
  const fields = new Map([
    ["date", `Date: ${printMailDate(now, 0)}\r\n`],
    ["message-id", `Message-ID: <${messageId}>\r\n`],
    ...draft.fields,
  ]);
  const ordered = [
    ...FIELD_ORDER.flatMap((name) => fields.get(name) ?? []),
    ...[...fields].flatMap(([name, line]) => (FIELD_ORDER.includes(name) ? [] : [line])),
  ];
  const toCompose = (part: DraftPart): ComposePart => {
    const { type, typeParams, header, content } = part;
    const common = { type, typeParams, header };
    if (content.kind === "multipart")
      return { ...common, content: { kind: "multipart", parts: content.parts.map(toCompose) } };
    if (content.kind === "text") return { ...common, content };
    return { ...common, content: { kind: "bytes", source: sourceOf(content.blobId) } };
  };
  return composeMessage(ordered.join(""), toCompose(draft.root), newBoundary);
}
