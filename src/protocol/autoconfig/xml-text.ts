const ESCAPED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

// oxlint-disable-next-line no-control-regex -- XML 1.0 §2.2 has no place for them
const NO_XML = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g;

/** A text as it stands in an element or an attribute; what XML has no place for is left out. */
export const xmlText = (text: string): string =>
  text.replaceAll(NO_XML, "").replaceAll(/[&<>"']/g, (one) => ESCAPED[one] ?? "");

/** `<name>text</name>` */
export const xmlElement = (name: string, text: string | number): string =>
  `<${name}>${xmlText(String(text))}</${name}>`;

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of an element that has no others in it. */
export const xmlPlain = (escaped: string): string =>
  escaped.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi,
    (whole, dec?: string, hex?: string, name?: string) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = dec === undefined ? Number.parseInt(hex ?? "", 16) : Number(dec);
      return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );
