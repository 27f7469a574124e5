/** One mailbox of a From, To, … field. Encoded words (RFC 2047) are not decoded. */
export interface Mailbox {
  /** Display name, or a comment in its place; null if there is none. */
  readonly name: string | null;
  /** Source route of an old `<@a,@b:c@d>`, as written; null otherwise. */
  readonly route: string | null;
  /** Local part without quotes. */
  readonly local: string;
  /** After the `@`, as written; empty if there is none. */
  readonly domain: string;
}

/** `name: a@b, c@d;` (RFC 5322 §3.4). */
export interface MailboxGroup {
  readonly group: string;
  readonly members: readonly Mailbox[];
}

export type AddressItem = Mailbox | MailboxGroup;

const ENCODED_WORD = /=\?[^\s?]+\?[bq]\?[^\s?]*\?=/iy;
const ATOM = /[^\s"(),:;<>@]+/y;
const DOMAIN = /[^\s"(),:;<>@[]+/y;

/** Reads one field value. Every method moves `at` forward, and no byte is read more than a few times. */
class AddressReader {
  readonly #text: string;
  #at = 0;
  /** A search for these ran to the end once: from there on they are ordinary characters, so the whole stays linear. */
  #noQuote = false;
  #noComment = false;
  #noAngle = false;
  #noQuoteInAngle = false;
  readonly #items: AddressItem[] = [];
  #group: { name: string; members: Mailbox[] } | null = null;
  #words: string[] = [];
  #comment: string | null = null;
  #mailbox: { route: string | null; local: string; domain: string } | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  read(): AddressItem[] {
    const text = this.#text;
    while (this.#at < text.length) {
      switch (text.charAt(this.#at)) {
        case ",":
          this.#finish();
          this.#at++;
          break;
        case ";":
          this.#finish();
          this.#closeGroup();
          this.#at++;
          break;
        case ":":
          this.#at++;
          this.#openGroup();
          break;
        case "<":
          this.#angle();
          break;
        case "@":
          this.#atSign();
          break;
        case "(":
          this.#comment = this.#takeComment() ?? this.#comment;
          break;
        case '"':
          this.#quotedWord();
          break;
        default:
          this.#word();
      }
    }
    this.#finish();
    this.#closeGroup();
    return this.#items;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #word(): void {
    const encoded = this.#text.startsWith("=?", this.#at) ? this.#match(ENCODED_WORD) : "";
    const word = encoded === "" ? this.#match(ATOM) : encoded;
    if (word === "") this.#at++;
    else this.#words.push(word);
  }

  #quotedWord(): void {
    const quoted = this.#takeQuoted();
    if (quoted !== null) this.#words.push(quoted);
  }

  /** A quoted string's content (RFC 5322 §3.2.4), or null with `at` moved past a quote that has no partner. */
  #takeQuoted(): string | null {
    const text = this.#text;
    if (!this.#noQuote) {
      for (let i = this.#at + 1; i < text.length; i++) {
        const c = text[i];
        if (c === "\\") i++;
        else if (c === '"') {
          const inner = text.slice(this.#at + 1, i);
          this.#at = i + 1;
          return inner.includes("\\") ? inner.replace(/\\(.)/g, "$1") : inner;
        }
      }
      this.#noQuote = true;
    }
    this.#at++;
    return null;
  }

  #takeComment(): string | null {
    const text = this.#text;
    if (!this.#noComment) {
      let depth = 0;
      for (let i = this.#at; i < text.length; i++) {
        const c = text[i];
        if (c === "\\") i++;
        else if (c === "(") depth++;
        else if (c === ")" && --depth === 0) {
          const inner = text.slice(this.#at + 1, i);
          this.#at = i + 1;
          return inner.replace(/\\(.)/g, "$1").trim();
        }
      }
      this.#noComment = true;
    }
    this.#at++;
    return null;
  }

  /** `<route:local@domain>`; the cursor is on `<`. */
  #angle(): void {
    const text = this.#text;
    this.#at++;
    let end = -1;
    if (!this.#noAngle) {
      end = this.#closingAngle();
      this.#noAngle = end < 0;
    }
    const comma = end < 0 ? text.indexOf(",", this.#at) : -1;
    const stop = end >= 0 ? end : comma >= 0 ? comma : text.length;
    const inner = text.slice(this.#at, stop);
    this.#at = end >= 0 ? end + 1 : stop;
    this.#mailbox = parseSpec(inner);
  }

  #closingAngle(): number {
    const text = this.#text;
    if (this.#noQuoteInAngle) return text.indexOf(">", this.#at);
    let quoted = false;
    for (let i = this.#at; i < text.length; i++) {
      const c = text[i];
      if (quoted && c === "\\") i++;
      else if (c === '"') quoted = !quoted;
      else if (c === ">" && !quoted) return i;
    }
    if (!quoted) return -1;
    this.#noQuoteInAngle = true;
    return text.indexOf(">", this.#at);
  }

  /** A bare `local@domain`: the word before the sign is the local part, any earlier word belongs to the name. */
  #atSign(): void {
    this.#at++;
    let local = this.#words.pop() ?? "";
    // `john . doe @ example` (RFC 5322 §4.4): dots may stand apart.
    for (let n = 0; n < 64 && (local.startsWith(".") || this.#words.at(-1)?.endsWith(".") === true); n++) {
      const before = this.#words.pop();
      if (before === undefined) break;
      local = before + local;
    }
    this.#mailbox ??= { route: null, local, domain: this.#domain() };
  }

  #domain(): string {
    const text = this.#text;
    let domain = "";
    for (;;) {
      this.#match(/\s*/y);
      if (text[this.#at] === "(") {
        const comment = this.#takeComment();
        this.#comment = comment ?? this.#comment;
        if (comment !== null) continue;
      }
      if (domain !== "" && !domain.endsWith(".") && text[this.#at] !== ".") return domain;
      if (text[this.#at] === "[") {
        const close = text.indexOf("]", this.#at);
        const end = close < 0 ? text.length : close + 1;
        domain += text.slice(this.#at, end);
        this.#at = end;
        return domain;
      }
      const piece = this.#match(DOMAIN);
      if (piece === "") return domain;
      domain += piece;
    }
  }

  #finish(): void {
    const words = this.#words.join(" ");
    const box = this.#mailbox;
    let found: Mailbox | null = null;
    if (box !== null) {
      const name = words === "" ? this.#comment : words;
      if (box.local !== "" || box.domain !== "" || name !== null) found = { name, ...box };
    } else if (words !== "") {
      // One word may be a local user (`root`); more are a name whose address is lost.
      const isName = this.#words.length > 1 || /\s/.test(words);
      found = isName
        ? { name: words, route: null, local: "", domain: "" }
        : { name: this.#comment, route: null, local: words, domain: "" };
    }
    if (found !== null) {
      if (this.#group === null) this.#items.push(found);
      else this.#group.members.push(found);
    }
    this.#words = [];
    this.#comment = null;
    this.#mailbox = null;
  }

  #openGroup(): void {
    // Inside a group, or after an address, a colon means nothing.
    if (this.#group !== null || this.#mailbox !== null) return;
    this.#group = { name: this.#words.join(" "), members: [] };
    this.#words = [];
    this.#comment = null;
  }

  #closeGroup(): void {
    if (this.#group === null) return;
    this.#items.push({ group: this.#group.name, members: this.#group.members });
    this.#group = null;
  }
}

function dropComments(text: string): string {
  return text.includes("(") ? text.replace(/\([^()]*\)/g, "") : text;
}

/** What stands between angle brackets: `@route:local@domain`, comments and blanks tolerated. */
function parseSpec(inner: string): { route: string | null; local: string; domain: string } {
  let spec = inner.trim();
  let route: string | null = null;
  if (spec.startsWith("@")) {
    const colon = spec.indexOf(":");
    if (colon > 0) {
      route = spec.slice(0, colon).trim();
      spec = spec.slice(colon + 1).trim();
    }
  }
  const at = spec.lastIndexOf("@");
  const left = (at < 0 ? spec : spec.slice(0, at)).trim();
  const right = at < 0 ? "" : spec.slice(at + 1);
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(left);
  const local =
    quoted === null
      ? dropComments(left)
          .replace(/\s+/g, " ")
          .replace(/ ?\. ?/g, ".")
          .trim()
      : (quoted[1] ?? "").replace(/\\(.)/g, "$1");
  return { route, local, domain: dropComments(right).replace(/\s+/g, "") };
}

/**
 * Parses an address list (RFC 5322 §3.4 with the obsolete forms of §4.4), unfolded. Never fails: what can't be
 * understood becomes a mailbox with an empty domain: one word is its local part, several are its name.
 */
export function parseAddressList(value: string): AddressItem[] {
  return new AddressReader(value).read();
}
