import type { CommandArgs } from "./command.ts";
import type { Scanner } from "./scanner.ts";
import { type Decode, type SearchReturn, searchKeys } from "./search-key.ts";

const RETURNS: readonly string[] = ["MIN", "MAX", "ALL", "COUNT", "SAVE"] satisfies SearchReturn[];

function isReturn(word: string): word is SearchReturn {
  return RETURNS.includes(word);
}

/** Reads the arguments of SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731). */
export function search(s: Scanner, uid: boolean): CommandArgs["SEARCH"] {
  s.space();
  let returns: readonly SearchReturn[] | undefined;
  if (s.skipWord("RETURN")) {
    s.space();
    const asked = s.list(() => searchReturn(s));
    returns = asked.length === 0 ? ["ALL"] : asked; // RFC 9051 §6.4.4: "()" means ALL
    s.space();
  }
  let decode: Decode | undefined = decoder("utf-8");
  const namesCharset = s.skipWord("CHARSET");
  if (namesCharset) {
    s.space();
    decode = decoder(String.fromCharCode(...s.astring().subarray(0, 64)));
    s.space();
  }
  const key = searchKeys(s, decode ?? (() => ""));
  return { uid, returns, charsetKnown: decode !== undefined, ...(namesCharset ? { namesCharset } : {}), key };
}

function searchReturn(s: Scanner): SearchReturn {
  const start = s.at;
  const word = s.word("a search return option");
  return isReturn(word) ? word : s.fail("MIN, MAX, ALL, COUNT or SAVE", start);
}

/** A decoder for a charset by its name; undefined when the platform has none. */
function decoder(charset: string): Decode | undefined {
  let text: TextDecoder;
  try {
    text = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  } catch {
    return undefined;
  }
  return (bytes) => {
    try {
      return text.decode(bytes);
    } catch {
      return undefined;
    }
  };
}
