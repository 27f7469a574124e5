import type { TenantId } from "../kernel/id.ts";
import { headerText, parseHeaders } from "../protocol/header/index.ts";
import { keyedTag, type Tenancy } from "../tenants/index.ts";

/** The field that says through what a message was sent on: one mark for each group and forward, which only this installation can make.
 * Whoever sees its own mark does not send the message on again, so every loop ends after one round. */
const FIELD = "X-Loop-Marks";
/** 80 bits. */
const MARK_LETTERS = 16;
/** More than any real way has. */
const MARKS_MAX = 5_000;

/** The mark of a group, a forward or a catch-all. @param via in the form of `Onward.via` */
export const markOf = (tenancy: Pick<Tenancy, "keys">, tenantId: TenantId, via: string): Promise<string> =>
  keyedTag(tenancy, `forward mark\0${tenantId}\0${via}`, MARK_LETTERS);

/** The marks in the header of a message, ours or not. @param start the message from its start */
export function readMarks(start: Uint8Array): ReadonlySet<string> {
  const marks = new Set<string>();
  for (const { name, valueStart, valueEnd } of parseHeaders(start)) {
    if (name.toLowerCase() !== FIELD.toLowerCase()) continue;
    for (const mark of headerText(start, valueStart, valueEnd, MARKS_MAX * (MARK_LETTERS + 3)).split(
      /[\s,]+/,
    ))
      if (mark !== "" && marks.size < MARKS_MAX) marks.add(mark);
  }
  return marks;
}

/** The field with its line end. */
export function printMarks(marks: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < marks.length; at += 4) lines.push(marks.slice(at, at + 4).join(" "));
  return `${FIELD}: ${lines.join("\r\n\t")}\r\n`;
}
