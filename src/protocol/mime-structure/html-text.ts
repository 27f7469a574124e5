/** The characters of ISO 8859-1 from U+00A0 on, as HTML names them. */
const LATIN1 =
  `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute
  micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave
  Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml
  Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth
  ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`.split(
    /\s+/,
  );

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...LATIN1.map((name, i): [string, string] => [name, String.fromCharCode(0xa0 + i)]),
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", " "],
  ["ndash", "–"],
  ["mdash", "—"],
  ["lsquo", "‘"],
  ["rsquo", "’"],
  ["ldquo", "“"],
  ["rdquo", "”"],
  ["laquo", "«"],
  ["raquo", "»"],
  ["hellip", "…"],
  ["euro", "€"],
  ["copy", "©"],
  ["reg", "®"],
  ["trade", "™"],
  ["middot", "·"],
  ["bull", "•"],
  ["zwnj", ""],
  ["zwj", ""],
  ["shy", ""],
]);

/** Elements whose content is not text to read. */
const HIDDEN = new Set(["style", "script", "head", "title", "template", "noscript", "svg", "math", "object"]);
/** Inline elements: the text around them runs on. */
const INLINE = new Set([
  "a",
  "b",
  "i",
  "u",
  "em",
  "strong",
  "span",
  "font",
  "small",
  "big",
  "sub",
  "sup",
  "code",
  "wbr",
  "s",
  "q",
  "abbr",
  "mark",
]);

function character(entity: string): string {
  if (!entity.startsWith("#"))
    return ENTITIES.get(entity) ?? ENTITIES.get(entity.toLowerCase()) ?? `&${entity};`;
  const hex = /^#x/i.test(entity);
  const code = Number.parseInt(entity.slice(hex ? 2 : 1), hex ? 16 : 10);
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    ? String.fromCodePoint(code)
    : "\uFFFD";
}

/** Index after the `>` that ends the tag beginning at `from`; quoted attribute values may hold one. */
function tagEnd(html: string, from: number): number {
  let quote = "";
  for (let i = from + 1; i < html.length; i++) {
    const c = html.charAt(i);
    if (quote !== "") quote = c === quote ? "" : quote;
    else if (c === ">") return i + 1;
    else if ((c === '"' || c === "'") && html.charAt(i - 1) === "=") quote = c;
  }
  return html.length;
}

/** End of a hidden element's content: the index of its end tag, or the end of the text. */
function hiddenEnd(html: string, lower: string, from: number, name: string): number {
  const end = lower.indexOf(`</${name}`, from);
  return end < 0 ? html.length : end;
}

/**
 * The readable text of some HTML, for a preview and never for showing as HTML. Tags, comments, styles and scripts
 * go, block elements become a blank. Takes time linear in the input; input that breaks off is fine.
 */
export function htmlToText(html: string): string {
  const lower = html.toLowerCase();
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    pieces.push(html.slice(at, open < 0 ? html.length : open));
    if (open < 0) break;
    if (html.startsWith("<!--", open)) {
      const end = html.indexOf("-->", open + 4);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    const name = /^[a-z][a-z0-9]*/.exec(lower.slice(open + 1, open + 20))?.[0];
    if (name === undefined && !/^[/!?]/.test(html.slice(open + 1, open + 2))) {
      pieces.push("<");
      at = open + 1;
      continue;
    }
    at = tagEnd(html, open);
    if (name !== undefined && HIDDEN.has(name)) at = hiddenEnd(html, lower, at, name);
    const closed = name ?? /^\/([a-z][a-z0-9]*)/.exec(lower.slice(open + 1, open + 20))?.[1] ?? "";
    if (!INLINE.has(closed)) pieces.push(" ");
  }
  return pieces
    .join("")
    .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,8});/gi, (_, entity: string) => character(entity));
}
