import { randomFrom } from "../../test/support/random.ts";

/** Words that each text is made of, by a generator that gives the same ones each time. */
const SYLLABLES = [
  "ka",
  "lo",
  "mi",
  "ter",
  "san",
  "vo",
  "ri",
  "pel",
  "dun",
  "gra",
  "est",
  "on",
  "ive",
  "qu",
  "har",
];

export interface Seed {
  readonly flags: string;
  readonly date: string;
  readonly content: Buffer;
}

/** What SEARCH looks for: one message in a hundred has it in its subject, one in fifty in its text. */
export const IN_SUBJECT = "quarterly";
export const IN_BODY = "submarine";

/** Letters of 1 to 8 KB with plain text, some with HTML beside it: seven of eight are read, one of ten is flagged.
 * @param first the number of the first */
export function* seeds(first: number, count: number): Generator<Seed> {
  const random = randomFrom(first + 1);
  const pick = (n: number): number => Math.floor(random() * n);
  const word = (): string =>
    Array.from({ length: 1 + pick(3) }, () => SYLLABLES[pick(SYLLABLES.length)] ?? "").join("");
  const text = (words: number): string => {
    let [line, all] = ["", ""];
    for (let i = 0; i < words; i++) {
      line += `${word()} `;
      if (line.length > 66) [line, all] = ["", `${all}${line.trimEnd()}\r\n`];
    }
    return all + line;
  };
  for (let n = first; n < first + count; n++) {
    const flags = [n % 8 === 0 ? "" : "\\Seen", n % 10 === 3 ? "\\Flagged" : ""].filter(
      (flag) => flag !== "",
    );
    const at = new Date(Date.UTC(2020, 0, 1) + n * 97_000);
    const [, day = "", month = "", year = "", time = ""] = at.toUTCString().split(" ");
    const body = `${text(100 + pick(900))}\r\n${n % 50 === 7 ? `the ${IN_BODY} surfaced\r\n` : ""}`;
    const header = [
      `Received: from mx.sender${n % 97}.test by mx.bench.test; ${at.toUTCString().replace("GMT", "+0000")}`,
      `Message-ID: <${n}.${pick(1e9)}@sender${n % 97}.test>`,
      `Date: ${at.toUTCString().replace("GMT", "+0000")}`,
      `From: "${word()} ${word()}" <${word()}@sender${n % 97}.test>`,
      `To: "Bench User" <user@bench.test>, ${word()}@bench.test`,
      `Subject: ${word()} ${word()} ${n % 100 === 42 ? IN_SUBJECT : word()} ${n}`,
      "MIME-Version: 1.0",
    ].join("\r\n");
    const plain = `Content-Type: text/plain; charset=utf-8\r\n\r\n${body}`;
    const html = `Content-Type: text/html; charset=utf-8\r\n\r\n<p>${body}</p>\r\n`;
    const content =
      n % 4 === 0
        ? `Content-Type: multipart/alternative; boundary=b${n}\r\n\r\n--b${n}\r\n${plain}\r\n--b${n}\r\n${html}--b${n}--\r\n`
        : plain;
    yield {
      flags: flags.join(" "),
      date: `${day.padStart(2, "0")}-${month}-${year} ${time} +0000`,
      content: Buffer.from(`${header}\r\n${content}`),
    };
  }
}
