const encoder = new TextEncoder();
const TOKEN = /^[A-Za-z0-9!#$&+.^_`{|}~-]+$/;
const SEGMENT_MAX = 50;

function percentEncode(text: string): string[] {
  return Array.from(text.toWellFormed(), (char) =>
    /^[A-Za-z0-9.~_-]$/.test(char)
      ? char
      : [...encoder.encode(char)]
          .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
          .join(""),
  );
}

/** A parameter of a MIME field as tokens that can be folded between (RFC 2045 §5.1), in RFC 2231's form when it is not
 * short printable US-ASCII. @param name in lower case */
function printParameter(name: string, value: string): string[] {
  if (TOKEN.test(value) && value.length <= SEGMENT_MAX) return [`${name}=${value}`];
  if (/^[\x20-\x7e]*$/.test(value) && value.length <= SEGMENT_MAX)
    return [`${name}="${value.replaceAll(/["\\]/g, "\\$&")}"`];
  const segments: string[] = [];
  let segment = "utf-8''";
  for (const piece of percentEncode(value)) {
    if (segment.length + piece.length > SEGMENT_MAX) {
      segments.push(segment);
      segment = "";
    }
    segment += piece;
  }
  segments.push(segment);
  if (segments.length === 1) return [`${name}*=${segments[0] ?? ""}`];
  return segments.map((text, i) => `${name}*${i}*=${text}`);
}

/** A MIME field's value with its parameters, as tokens for `foldTokens`. */
export function parameterised(value: string, params: readonly (readonly [string, string])[]): string[] {
  const tokens = [value, ...params.flatMap(([name, text]) => printParameter(name, text))];
  return tokens.map((token, i) => (i < tokens.length - 1 ? `${token};` : token));
}
