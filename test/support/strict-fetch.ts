/** What a FETCH response tells of a message, read by the letter of RFC 9051 §9: each space where it must be and nowhere else, 7 bits in
 * quoted strings, no NUL in literals, no list empty that may not be. */
export interface StrictFetch {
  readonly number: number;
  readonly envelope: StrictEnvelope | undefined;
  readonly structure: StrictPart | undefined;
  /** `BODY[1.2]` and so on, by name as it came; null for NIL. */
  readonly sections: ReadonlyMap<string, Buffer | null>;
}

type Nstring = string | null;
export type StrictAddress = readonly [name: Nstring, route: Nstring, mailbox: Nstring, host: Nstring];

/** Strings are latin1: one character for each octet. */
export interface StrictEnvelope {
  readonly date: Nstring;
  readonly subject: Nstring;
  /** from, sender, reply-to, to, cc, bcc */
  readonly addresses: readonly (readonly StrictAddress[] | null)[];
  readonly inReplyTo: Nstring;
  readonly messageId: Nstring;
}

/** Names of types, encodings and parameters in lower case. */
export interface StrictPart {
  readonly type: string;
  readonly parameters: readonly (readonly [string, string])[];
  readonly id: Nstring;
  readonly description: Nstring;
  /** "" for a multipart. */
  readonly encoding: string;
  readonly octets: number;
  readonly lines: number | undefined;
  readonly parts: readonly StrictPart[];
  readonly envelope: StrictEnvelope | undefined;
  readonly disposition: { readonly kind: string; readonly parameters: StrictPart["parameters"] } | null;
  readonly language: readonly string[];
  readonly location: Nstring;
}

/** Reads one untagged FETCH response, without its last line end. @throws {Error} where it leaves the grammar */
export function readStrictFetch(octets: Buffer): StrictFetch {
  const reader = new Reader(octets);
  reader.expect("* ");
  const number = reader.number();
  reader.expect(" FETCH (");
  let envelope: StrictEnvelope | undefined;
  let structure: StrictPart | undefined;
  const sections = new Map<string, Buffer | null>();
  do {
    const name = reader.itemName();
    reader.expect(" ");
    if (name === "ENVELOPE") envelope = readEnvelope(reader);
    else if (name === "BODYSTRUCTURE") structure = readPart(reader);
    else if (name === "UID" || name === "RFC822.SIZE") reader.number();
    else if (name === "FLAGS") reader.flags();
    else if (/^(?:BODY|BINARY)\[|^RFC822/.test(name)) sections.set(name, reader.nstring());
    else throw reader.fault(`an item that we know, not ${name}`);
  } while (reader.skip(" "));
  reader.expect(")");
  reader.end();
  return { number, envelope, structure, sections };
}

function readEnvelope(reader: Reader): StrictEnvelope {
  reader.expect("(");
  const [date, subject] = [reader.text(), reader.after(" ").text()];
  const addresses = Array.from({ length: 6 }, () => readAddresses(reader.after(" ")));
  const [inReplyTo, messageId] = [reader.after(" ").text(), reader.after(" ").text()];
  reader.expect(")");
  return { date, subject, addresses, inReplyTo, messageId };
}

function readAddresses(reader: Reader): readonly StrictAddress[] | null {
  if (reader.skip("NIL")) return null;
  reader.expect("(");
  const addresses: StrictAddress[] = [];
  do {
    reader.expect("(");
    const [name, route, mailbox, host] = [
      reader.text(),
      reader.after(" ").text(),
      reader.after(" ").text(),
      reader.after(" ").text(),
    ];
    addresses.push([name, route, mailbox, host]);
    reader.expect(")");
  } while (reader.isNext("("));
  reader.expect(")");
  return addresses;
}

function readPart(reader: Reader): StrictPart {
  reader.expect("(");
  const part = reader.isNext("(") ? readMultipart(reader) : readLeaf(reader);
  reader.expect(")");
  return part;
}

function readMultipart(reader: Reader): StrictPart {
  const parts: StrictPart[] = [];
  while (reader.isNext("(")) parts.push(readPart(reader));
  const type = `multipart/${reader.after(" ").string()}`.toLowerCase();
  const parameters = readParameters(reader.after(" "));
  const placing = readPlacing(reader);
  const none = {
    id: null,
    description: null,
    encoding: "",
    octets: 0,
    lines: undefined,
    envelope: undefined,
  };
  return { type, parameters, parts, ...none, ...placing };
}

function readLeaf(reader: Reader): StrictPart {
  const type = `${reader.string()}/${reader.after(" ").string()}`.toLowerCase();
  const parameters = readParameters(reader.after(" "));
  const [id, description] = [reader.after(" ").text(), reader.after(" ").text()];
  const encoding = reader.after(" ").string().toLowerCase();
  const octets = reader.after(" ").number();
  const isMessage = type === "message/rfc822" || type === "message/global";
  const envelope = isMessage ? readEnvelope(reader.after(" ")) : undefined;
  const parts = isMessage ? [readPart(reader.after(" "))] : [];
  const lines = isMessage || type.startsWith("text/") ? reader.after(" ").number() : undefined;
  reader.after(" ").text(); // Content-MD5
  return {
    type,
    parameters,
    id,
    description,
    encoding,
    octets,
    lines,
    parts,
    envelope,
    ...readPlacing(reader),
  };
}

function readParameters(reader: Reader): StrictPart["parameters"] {
  if (reader.skip("NIL")) return [];
  reader.expect("(");
  const parameters: (readonly [string, string])[] = [];
  do parameters.push([reader.string().toLowerCase(), reader.after(" ").string()]);
  while (reader.skip(" "));
  reader.expect(")");
  return parameters;
}

function readPlacing(reader: Reader): Pick<StrictPart, "disposition" | "language" | "location"> {
  reader.expect(" ");
  let disposition: StrictPart["disposition"] = null;
  if (!reader.skip("NIL")) {
    reader.expect("(");
    disposition = { kind: reader.string().toLowerCase(), parameters: readParameters(reader.after(" ")) };
    reader.expect(")");
  }
  reader.expect(" ");
  const language: string[] = [];
  if (reader.isNext("(")) {
    reader.expect("(");
    do language.push(reader.string());
    while (reader.skip(" "));
    reader.expect(")");
  } else {
    const one = reader.text();
    if (one !== null) language.push(one);
  }
  return { disposition, language, location: reader.after(" ").text() };
}

class Reader {
  readonly #octets: Buffer;
  #at = 0;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  fault(expected: string): Error {
    const near = this.#octets.toString("latin1", Math.max(0, this.#at - 60), this.#at + 40);
    return new Error(`expected ${expected} at octet ${this.#at}, near ${JSON.stringify(near)}`);
  }

  isNext(text: string): boolean {
    return this.#octets.toString("latin1", this.#at, this.#at + text.length) === text;
  }

  skip(text: string): boolean {
    if (!this.isNext(text)) return false;
    this.#at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text)) throw this.fault(JSON.stringify(text));
  }

  after(text: string): this {
    this.expect(text);
    return this;
  }

  end(): void {
    if (this.#at !== this.#octets.length) throw this.fault("the end");
  }

  number(): number {
    const digits = /^(?:0|[1-9]\d{0,18})(?!\d)/.exec(
      this.#octets.toString("latin1", this.#at, this.#at + 20),
    )?.[0];
    if (digits === undefined) throw this.fault("a number");
    this.#at += digits.length;
    return Number(digits);
  }

  itemName(): string {
    const from = this.#at;
    const end = this.#octets.indexOf(this.#octets.indexOf("[", from) === from + 4 ? "]" : " ", from);
    const match = /^[A-Z][A-Z0-9.]*(?:\[[^\]\r\n]*\](?:<\d+>)?)?/.exec(
      this.#octets.toString("latin1", from, end < 0 ? from + 100 : end + 30),
    );
    if (match === null) throw this.fault("the name of an item");
    this.#at += match[0].length;
    return match[0];
  }

  flags(): void {
    const match = /^\((?:\\?[^\s(){%*"\\\]]+(?: (?!\))|(?=\))))*\)/.exec(
      this.#octets.toString("latin1", this.#at, this.#at + 10_000),
    );
    if (match === null) throw this.fault("a list of flags");
    this.#at += match[0].length;
  }

  nstring(): Buffer | null {
    return this.skip("NIL") ? null : this.octets();
  }

  text(): Nstring {
    return this.nstring()?.toString("latin1") ?? null;
  }

  string(): string {
    return this.octets().toString("latin1");
  }

  octets(): Buffer {
    return this.isNext('"') ? this.#quoted() : this.#literal();
  }

  #quoted(): Buffer {
    const taken: number[] = [];
    for (this.#at++; ; this.#at++) {
      let octet = this.#octets[this.#at];
      if (octet === 0x22) break;
      if (octet === 0x5c) {
        octet = this.#octets[++this.#at];
        if (octet !== 0x22 && octet !== 0x5c) throw this.fault("an escaped quote or backslash");
      }
      if (octet === undefined || octet === 0 || octet === 0x0d || octet === 0x0a || octet > 0x7f)
        throw this.fault("a character of a quoted string");
      taken.push(octet);
    }
    this.#at++;
    return Buffer.from(taken);
  }

  #literal(): Buffer {
    const header = /^\{(0|[1-9]\d*)\}\r\n/.exec(this.#octets.toString("latin1", this.#at, this.#at + 24));
    if (header === null) throw this.fault("a string");
    const start = this.#at + header[0].length;
    this.#at = start + Number(header[1]);
    if (this.#at > this.#octets.length) throw this.fault("a literal of the announced length");
    return this.#octets.subarray(start, this.#at);
  }
}
