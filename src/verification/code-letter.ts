import { toBase64 } from "../protocol/sasl/index.ts";
import { printHeaderField, printMailDate } from "../protocol/compose/index.ts";

/** What stands in a letter with a code. */
export interface CodeFacts {
  readonly code: string;
  /** how the agency calls itself here */
  readonly agency: string;
  /** what the registry calls it */
  readonly entryName: string;
  /** where people reach the web pages */
  readonly url: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** In both languages, since nobody knows who opens it. */
const paragraphs = ({ code, agency, entryName, url, expiresAt }: CodeFacts): readonly string[] => [
  `Κάποιος δήλωσε στην υπηρεσία ηλεκτρονικού ταχυδρομείου ${url} ότι ο φορέας «${agency}» είναι: ${entryName}.`,
  `Ο κωδικός επαλήθευσης είναι: ${code}`,
  `Δώστε τον στον διαχειριστή του ηλεκτρονικού ταχυδρομείου σας, ο οποίος τον εισάγει στη σελίδα «Επαλήθευση του φορέα». Ισχύει έως ${day(expiresAt)}. Αν κανείς στον φορέα σας δεν το ζήτησε, μη δώσετε τον κωδικό σε κανέναν.`,
  `Somebody told the mail service ${url} that the agency "${agency}" is: ${entryName}.`,
  `The verification code is: ${code}`,
  `Hand it to the administrator of your mail, who enters it on the page "Verify the agency". It works until ${day(expiresAt)}. If nobody of your agency asked for it, give the code to nobody.`,
];

/** The message to the registered address, in US-ASCII.
 * @param at milliseconds since the epoch */
export function printCodeMail(
  facts: CodeFacts,
  mail: { readonly from: string; readonly to: string; readonly messageId: string; readonly at: number },
): Uint8Array<ArrayBuffer> {
  const text = `${paragraphs(facts).join("\r\n\r\n")}\r\n`;
  const body = (toBase64(new TextEncoder().encode(text)).match(/.{1,76}/g) ?? []).join("\r\n");
  const subject = "Κωδικός επαλήθευσης / Verification code";
  return new TextEncoder().encode(
    [
      `From: <${mail.from}>\r\n`,
      `To: <${mail.to}>\r\n`,
      printHeaderField("Subject", { form: "Text", value: subject }) ?? "",
      `Date: ${printMailDate(mail.at, 0)}\r\n`,
      `Message-ID: <${mail.messageId}>\r\n`,
      "Auto-Submitted: auto-generated\r\n",
      "MIME-Version: 1.0\r\n",
      "Content-Type: text/plain; charset=utf-8\r\n",
      "Content-Transfer-Encoding: base64\r\n",
      `\r\n${body}\r\n`,
    ].join(""),
  );
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Letters for the printer: one page each, the address where a window envelope shows it. */
export function printLetters(letters: readonly (CodeFacts & { readonly postalAddress: string })[]): string {
  const pages = letters.map((one) => {
    const address = [one.entryName, ...one.postalAddress.split(/\r?\n|,\s*/)];
    const [greek, theCode, hand, ...english] = paragraphs(one).map((text) => `<p>${escape(text)}</p>`);
    return `<section>\n<address>${address.map(escape).join("<br>")}</address>\n<div lang="el">${[greek, theCode, hand].join("\n")}</div>\n<div lang="en">${english.join("\n")}</div>\n</section>`;
  });
  return `<!doctype html>
<html><head><meta charset="utf-8"><title>Verification codes</title><style>
@page { size: A4; margin: 25mm 20mm; }
body { font: 11pt/1.5 sans-serif; }
section { break-after: page; }
address { font-style: normal; margin: 20mm 0 25mm; min-height: 30mm; }
div { margin-bottom: 12mm; }
</style></head><body>
${pages.join("\n")}
</body></html>
`;
}
