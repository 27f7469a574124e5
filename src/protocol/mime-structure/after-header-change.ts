import { fieldNameEnd, parseHeaders } from "../header/index.ts";
import { isIndexedField } from "./header-slots.ts";
import { MAX_BOUNDARY } from "./part-fields.ts";
import { MIME_LIMITS } from "./mime-index.ts";
import type { MimeIndex, MimePart } from "./mime-index.ts";
import type { ByteRange } from "./sections.ts";

/** What was done to the header of a message. */
export interface HeaderChange {
  /** Whole fields that were taken out, in their order. */
  readonly cut: readonly ByteRange[];
  /** Whole fields that were put before all others. */
  readonly before: Uint8Array;
}

const [TAB, LF, SPACE] = [9, 10, 32];

/** The index of a message after a change of its header, without reading the message again. Only fields that no index keeps anything of
 * may be taken out or put in (Received, Authentication-Results, …), so that all that changes is where things stand.
 * @param start the message's first octets before the change, with what was taken out
 * @returns null when that can't be told for certain: index the message again */
export function afterHeaderChange(
  index: MimeIndex,
  start: Uint8Array,
  { cut, before }: HeaderChange,
): MimeIndex | null {
  const bodyStart = index.root.at[1];
  // A header that was too long to be looked at whole would now end elsewhere.
  if (bodyStart > start.length || bodyStart + before.length > MIME_LIMITS.headerBytes) return null;
  // What begins with no field is text without a header, until fields stand before it.
  const lineEnd = start.indexOf(LF);
  const firstEnd = Math.min(lineEnd < 0 ? start.length : lineEnd, MAX_BOUNDARY);
  if (fieldNameEnd(start, 0, firstEnd) < 0 || (before.length === 0 && cut[0]?.start === 0)) return null;
  if (!hasOnlyOtherFields(before, 0, before.length)) return null;
  let removed = 0;
  for (const range of cut) {
    if (range.end > bodyStart || !hasOnlyOtherFields(start, range.start, range.end)) return null;
    if (range.start > 0 && start[range.start - 1] !== LF) return null;
    if (start[range.end] === SPACE || start[range.end] === TAB) return null;
    removed += range.end - range.start;
  }
  const by = before.length - removed;
  if (by === 0) return index;
  const { parts, msg, at, ...rest } = index.root;
  const root = { at: [0, at[1] + by, at[2] + by] as const, ...rest, ...inside({ parts, msg }, by) };
  return { ...index, size: index.size + by, root };
}

/** True for whole lines of fields that leave no trace in an index. */
function hasOnlyOtherFields(octets: Uint8Array, from: number, to: number): boolean {
  if (to > from && octets[to - 1] !== LF) return false;
  const fields = parseHeaders(octets, from, to);
  let at = from;
  for (const field of fields) {
    if (field.start !== at || isIndexedField(field.name)) return false;
    at = field.end;
  }
  return at === to;
}

function moved(part: MimePart, by: number): MimePart {
  const { parts, msg, at, ...rest } = part;
  return { at: [at[0] + by, at[1] + by, at[2] + by], ...rest, ...inside({ parts, msg }, by) };
}

function inside(
  { parts, msg }: { readonly parts: MimePart["parts"]; readonly msg: MimePart["msg"] },
  by: number,
): Pick<MimePart, "parts" | "msg"> {
  return {
    ...(parts === undefined ? {} : { parts: parts.map((part) => moved(part, by)) }),
    ...(msg === undefined ? {} : { msg: { env: msg.env, body: moved(msg.body, by) } }),
  };
}
