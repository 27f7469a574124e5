// What is not ASCII is what folding is about; most mail has little of it.
// oxlint-disable-next-line no-control-regex -- ASCII begins at 0
const ASCII = /^[\0-\x7f]*$/;

/**
 * Text in the form in which it is searched and sorted, after i;unicode-casemap (RFC 5051): letters of all scripts in one
 * case, and everything taken apart (NFKD). So accents are characters of their own, behind their letter: "cafe" is
 * found in "café", "café" is not found in "cafe".
 * Deviation: whole upper case instead of single title case letters, so that "ß" is "ss" too.
 */
export function casemap(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase();
  // Some letters are taken apart only in one case, and some compatibility forms come out in lower case.
  return text.normalize("NFKD").toUpperCase().normalize("NFKD");
}

/** How far back a place is looked for where text can be cut. */
const LOOK_BACK = 1_000;

/** Where to cut text at most at `to`, so that both pieces fold to what the whole folds to: before an ASCII character. */
export function casemapCut(text: string, from: number, to: number): number {
  if (to >= text.length) return text.length;
  for (let at = to; at > from && to - at < LOOK_BACK; at--) if (text.charCodeAt(at) < 128) return at;
  // No surrogate pair is cut in two.
  return text.charCodeAt(to) >= 0xdc00 && text.charCodeAt(to) < 0xe000 ? to - 1 : to;
}
