import type { MimePart } from "./mime-index.ts";
import { rawFileName } from "./part-name.ts";

/** A part and its IMAP part number, which is also its JMAP `partId`. The root of a multipart message has "". */
export interface PlacedPart {
  readonly partId: string;
  readonly part: MimePart;
}

/** JMAP's three views of a body (RFC 8621 §4.1.4). */
export interface BodyLists {
  readonly textBody: readonly PlacedPart[];
  readonly htmlBody: readonly PlacedPart[];
  readonly attachments: readonly PlacedPart[];
}

/** A list that is not asked for is null. */
type Wanted = PlacedPart[] | null;

interface Level {
  /** Subtype of the multipart that the parts are in. */
  readonly within: string;
  readonly inAlternative: boolean;
}

/** The root as a placed part. Its number is "1" if it is no multipart (RFC 9051 §6.4.5). */
export function placedRoot(root: MimePart): PlacedPart {
  return { partId: root.parts === undefined ? "1" : "", part: root };
}

/** The children of a multipart with their part numbers. */
export function placedChildren(placed: PlacedPart): PlacedPart[] {
  const prefix = placed.partId === "" ? "" : `${placed.partId}.`;
  return (placed.part.parts ?? []).map((part, i) => ({ partId: `${prefix}${i + 1}`, part }));
}

function isText(part: MimePart, sub: "plain" | "html"): boolean {
  return part.type === "text" && part.sub === sub;
}

function isMedia(part: MimePart): boolean {
  return part.type === "image" || part.type === "audio" || part.type === "video";
}

function isInline(part: MimePart, index: number, within: string): boolean {
  if (part.disp === "attachment") return false;
  if (!isText(part, "plain") && !isText(part, "html") && !isMedia(part)) return false;
  // In a related set only the first part is the body; elsewhere a later text that has a name is a file.
  return index === 0 || (within !== "related" && (isMedia(part) || rawFileName(part) === null));
}

/** One level of children, by the algorithm of RFC 8621 §4.1.4. */
function sortParts(
  parts: readonly PlacedPart[],
  level: Level,
  text: Wanted,
  html: Wanted,
  files: PlacedPart[],
): void {
  const textBefore = text?.length ?? 0;
  const htmlBefore = html?.length ?? 0;
  let texts = text;
  let htmls = html;
  for (const [index, placed] of parts.entries()) {
    const { part } = placed;
    if (part.parts !== undefined) {
      const inAlternative = level.inAlternative || part.sub === "alternative";
      sortParts(placedChildren(placed), { within: part.sub, inAlternative }, texts, htmls, files);
    } else if (!isInline(part, index, level.within)) {
      files.push(placed);
    } else if (level.within === "alternative") {
      (isText(part, "plain") ? texts : isText(part, "html") ? htmls : files)?.push(placed);
    } else {
      // Inside one branch of an alternative everything belongs to the view that its text is for.
      if (level.inAlternative && isText(part, "plain")) htmls = null;
      if (level.inAlternative && isText(part, "html")) texts = null;
      texts?.push(placed);
      htmls?.push(placed);
      if ((texts === null || htmls === null) && isMedia(part)) files.push(placed);
    }
  }
  if (level.within !== "alternative" || texts === null || htmls === null) return;
  // An alternative that offered one kind only: it stands for the other.
  const newTexts = texts.slice(textBefore);
  const newHtmls = htmls.slice(htmlBefore);
  if (newTexts.length === 0) texts.push(...newHtmls);
  if (newHtmls.length === 0) htmls.push(...newTexts);
}

/** Sorts the leaves of a body into what is shown as text, what is shown as HTML, and what is a file. */
export function bodyLists(root: MimePart): BodyLists {
  const textBody: PlacedPart[] = [];
  const htmlBody: PlacedPart[] = [];
  const attachments: PlacedPart[] = [];
  sortParts([placedRoot(root)], { within: "mixed", inAlternative: false }, textBody, htmlBody, attachments);
  return { textBody, htmlBody, attachments };
}

const SIGNATURES = new Set(["pgp-signature", "pkcs7-signature", "x-pkcs7-signature"]);

/**
 * RFC 8621 §4.1.4: true if a client should offer something for download. Pictures that an HTML body shows by
 * their Content-ID and the signatures of signed mail are not what people call an attachment (the RFC lets a
 * server ignore them).
 */
export function hasAttachment(root: MimePart): boolean {
  return bodyLists(root).attachments.some(({ part }) => {
    if (part.disp === "inline") return false;
    if (part.type === "application" && SIGNATURES.has(part.sub)) return false;
    return !(isMedia(part) && part.id !== undefined && part.disp === undefined);
  });
}
