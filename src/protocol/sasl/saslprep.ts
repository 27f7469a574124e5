import type { Parsed } from "../../kernel/parsed.ts";
import { notThis } from "./base64-line.ts";

/** RFC 3454 table B.1: characters that are commonly mapped to nothing. */
// oxlint-disable-next-line no-misleading-character-class -- joiners and selectors are what is meant
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** Table C.1.2: spaces beyond US-ASCII. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** Tables C.2.1, C.2.2, C.3 to C.9: controls, private use, no characters, surrogates, and what changes the text around it. */
const PROHIBITED =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- controls are what is meant
  /[\0-\x1f\x7f-\u009f\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\ufeff\ufff9-\uffff\u{1d173}-\u{1d17a}\u0340\u0341\u2ff0-\u2ffb\u{e0001}\u{e0020}-\u{e007f}]|[\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** Table D.1: characters that are written from right to left. */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05ea\u05f0-\u05f4\u061b\u061f\u0621-\u063a\u0640-\u064a\u066d-\u066f\u0671-\u06d5\u06dd\u06e5\u06e6\u06fa-\u06fe\u0700-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\u200f\ufb1d\ufb1f-\ufb28\ufb2a-\ufb36\ufb38-\ufb3c\ufb3e\ufb40\ufb41\ufb43\ufb44\ufb46-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfc\ufe70-\ufe74\ufe76-\ufefc]/u;
/** Table D.2 is long; its letters are all letters that are not in D.1. */
const LEFT_TO_RIGHT = /\p{L}/u;

function isMixed(text: string): boolean {
  const chars = Array.from(text);
  if (!chars.some((char) => RIGHT_TO_LEFT.test(char))) return false;
  if (chars.some((char) => !RIGHT_TO_LEFT.test(char) && LEFT_TO_RIGHT.test(char))) return true;
  const [first = "", last = ""] = [chars[0], chars.at(-1)];
  return !RIGHT_TO_LEFT.test(first) || !RIGHT_TO_LEFT.test(last);
}

/** Prepares a password as SCRAM wants it (RFC 4013): the same letters typed on another keyboard give the same text. Characters that
 * Unicode did not have in 2002 pass, as in a query (RFC 3454 §7). */
export function saslprep(text: string): Parsed<string> {
  const mapped = text.replaceAll(SPACES, " ").replaceAll(NOTHING, "").normalize("NFKC");
  if (mapped === "" || PROHIBITED.test(mapped)) return notThis("characters that can be typed");
  return isMixed(mapped) ? notThis("one direction of writing") : { ok: true, value: mapped };
}
