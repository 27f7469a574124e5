import { z } from "zod";
import { foldTokens, parameterised, printHeaderField } from "../../protocol/compose/index.ts";
import { printDraftHeaders } from "./draft-headers.ts";
import { invalidProperties } from "./set-result.ts";

/** A part of a draft: its text, its blob's JMAP id, or its children. */
export interface DraftPart {
  readonly type: string;
  readonly typeParams: readonly (readonly [string, string])[];
  /** printed fields */
  readonly header: string;
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "blob"; readonly blobId: string }
    | { readonly kind: "multipart"; readonly parts: readonly DraftPart[] };
  /** Shown inside of the HTML by its Content-ID. */
  readonly isInline: boolean;
}

const TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/;
const MAX_DEPTH = 50;

/** RFC 8621 §4.1.4, as far as a client sets it. */
const Part = z.looseObject({
  partId: z.string().nullish(),
  blobId: z.string().nullish(),
  size: z.number().nullish(),
  name: z
    .string()
    .max(1_000)
    // Control characters have no place in a file name.
    .transform((name) => name.replaceAll(/\p{Cc}/gu, ""))
    .nullish(),
  type: z.string().nullish(),
  charset: z.string().max(100).nullish(),
  disposition: z.string().max(100).nullish(),
  cid: z.string().max(500).nullish(),
  language: z.array(z.string().max(100)).nullish(),
  location: z.string().max(2_000).nullish(),
  subParts: z.array(z.record(z.string(), z.unknown())).nullish(),
});
type Part = z.output<typeof Part>;
const NAMES = new Set(Object.keys(Part.shape));

/** Fields of a part that its other properties, or its content, decide. */
const OURS = new Set(["content-type", "content-transfer-encoding", "mime-version"]);

export interface PartRules {
  /** The property of the email that the part stands in: refusals name it. */
  readonly property: string;
  readonly bodyValues: ReadonlyMap<string, string>;
  /** What a part without disposition is. */
  readonly disposition?: "attachment";
  readonly type?: "text/plain" | "text/html";
}

/** @throws {SetRefusal} invalidProperties */
export function parseDraftPart(given: unknown, rules: PartRules, depth = 0): DraftPart {
  const refuse = (what: string): never => {
    throw invalidProperties([rules.property], what);
  };
  const parsed = Part.safeParse(given);
  if (!parsed.success || depth > MAX_DEPTH) return refuse("not a body part");
  const part = parsed.data;
  const unknown = Object.keys(part).find((key) => !NAMES.has(key) && !key.startsWith("header:"));
  if (unknown !== undefined) return refuse(unknown);
  const type = (
    part.type ??
    rules.type ??
    (typeof part.blobId === "string" ? "application/octet-stream" : "text/plain")
  )
    .trim()
    .toLowerCase();
  if (!TYPE.test(type) || (rules.type !== undefined && type !== rules.type)) return refuse("type");
  const content = contentOf(part, type, rules, depth);
  const disposition = part.disposition ?? rules.disposition ?? null;
  const header = partHeader(part, disposition, rules);
  const params: [string, string][] = [];
  if (content.kind === "blob" && type.startsWith("text/") && typeof part.charset === "string")
    params.push(["charset", part.charset]);
  // Old mailers look for the name here; only what all of them can read is put twice.
  const name = part.name ?? null;
  if (name !== null && (disposition === null || /^[\x20-\x7e]{1,50}$/.test(name)))
    params.push(["name", name]);
  const isInline = typeof part.cid === "string" && part.disposition !== "attachment";
  return { type, typeParams: params, header, content, isInline };
}

const has = (value: unknown): boolean => value !== null && value !== undefined;

function contentOf(part: Part, type: string, rules: PartRules, depth: number): DraftPart["content"] {
  const { partId, blobId, subParts, charset } = part;
  if (type.startsWith("multipart/")) {
    if (has(partId) || has(blobId) || !subParts || subParts.length === 0)
      throw invalidProperties([rules.property], "a multipart has subParts and nothing else");
    const parts = subParts.map((child) => parseDraftPart(child, rules, depth + 1));
    return { kind: "multipart", parts };
  }
  if (has(subParts) || has(partId) === has(blobId))
    throw invalidProperties([rules.property], "either partId or blobId");
  if (typeof blobId === "string") return { kind: "blob", blobId };
  const text = rules.bodyValues.get(partId ?? "");
  if (text === undefined || !type.startsWith("text/"))
    throw invalidProperties([rules.property, "bodyValues"], "partId names no text in bodyValues");
  if (typeof charset === "string" && !/^utf-?8$/i.test(charset))
    throw invalidProperties([rules.property], "the server chooses the charset");
  return { kind: "text", text };
}

function partHeader(part: Part, disposition: string | null, rules: PartRules): string {
  const lines: string[] = [];
  const own = new Set<string>();
  const add = (field: string, line: string | null): void => {
    if (line === null) throw invalidProperties([rules.property], field);
    own.add(field.toLowerCase());
    lines.push(line);
  };
  if (disposition !== null) {
    if (!/^[a-z0-9!#$&^_.+-]+$/i.test(disposition)) throw invalidProperties([rules.property], "disposition");
    const params: [string, string][] = typeof part.name === "string" ? [["filename", part.name]] : [];
    add(
      "Content-Disposition",
      foldTokens("Content-Disposition", parameterised(disposition.toLowerCase(), params)),
    );
  }
  if (typeof part.cid === "string")
    add("Content-ID", printHeaderField("Content-ID", { form: "MessageIds", value: [part.cid] }));
  if (part.language && part.language.length > 0)
    add(
      "Content-Language",
      printHeaderField("Content-Language", { form: "Text", value: part.language.join(", ") }),
    );
  if (typeof part.location === "string")
    add("Content-Location", printHeaderField("Content-Location", { form: "Text", value: part.location }));
  const isFree = (field: string): boolean => !OURS.has(field) && !own.has(field);
  const { fields, invalid } = printDraftHeaders(part, false, isFree);
  if (invalid.length > 0) throw invalidProperties([rules.property], invalid.join(", "));
  return [...lines, ...fields.values()].join("");
}
