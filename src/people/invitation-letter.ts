import type { Locale } from "../contract/signup.ts";
import { encodeQuotedPrintable, printHeaderField, printMailDate } from "../protocol/compose/index.ts";

/** What an invitation says. */
export interface InvitationFacts {
  readonly agency: string;
  /** of who invites */
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  /** the address that the person gets */
  readonly address: string;
  readonly name: string;
  readonly locale: Locale;
  readonly link: string;
  /** milliseconds since the epoch */
  readonly at: number;
  readonly messageId: string;
}

interface Words {
  readonly subject: string;
  readonly text: readonly string[];
}

const english = ({ agency, from, address, name, link }: InvitationFacts): Words => ({
  subject: `Your mailbox at ${agency}`,
  text: [
    name === "" ? "Good day," : `Good day ${name},`,
    `${from.name} (${from.address}) has made a mailbox for you at ${agency}. Your address is:`,
    address,
    "Choose your password on this page. The link works once, and for seven days:",
    link,
    "If you did not expect this, do nothing: without a password nobody can use the mailbox.",
  ],
});

const greek = ({ agency, from, address, name, link }: InvitationFacts): Words => ({
  subject: `Η θυρίδα σας: ${agency}`,
  text: [
    name === "" ? "Καλημέρα σας," : `Καλημέρα σας ${name},`,
    `Ο χρήστης ${from.name} (${from.address}) δημιούργησε για εσάς θυρίδα ηλεκτρονικής αλληλογραφίας: ${agency}. Η διεύθυνσή σας είναι:`,
    address,
    "Επιλέξτε τον κωδικό πρόσβασής σας σε αυτή τη σελίδα. Ο σύνδεσμος λειτουργεί μία φορά, για επτά ημέρες:",
    link,
    "Αν δεν το περιμένατε, μην κάνετε τίποτα: χωρίς κωδικό πρόσβασης κανείς δεν μπορεί να χρησιμοποιήσει τη θυρίδα.",
  ],
});

const WORDS: Readonly<Record<Locale, (facts: InvitationFacts) => Words>> = {
  en: english,
  el: greek,
  it: english,
  es: english,
  ru: english,
};

const encoder = new TextEncoder();

/** The letter to an address outside, in US-ASCII. In the name of who invites: whoever gets it may ask them. */
export function printInvitation(facts: InvitationFacts): Uint8Array<ArrayBuffer> {
  const { from, to, at, messageId } = facts;
  const words = WORDS[facts.locale](facts);
  const header = [
    printHeaderField("From", { form: "Addresses", value: [{ name: from.name, email: from.address }] }),
    printHeaderField("To", { form: "Addresses", value: [{ name: null, email: to }] }),
    printHeaderField("Subject", { form: "Text", value: words.subject }),
    `Date: ${printMailDate(at, 0)}\r\n`,
    `Message-ID: <${messageId}>\r\n`,
    "Auto-Submitted: auto-generated\r\n",
    "MIME-Version: 1.0\r\n",
    "Content-Type: text/plain; charset=utf-8\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
  ];
  const body = encodeQuotedPrintable(encoder.encode(`${words.text.join("\r\n\r\n")}\r\n`));
  const head = encoder.encode(header.map((field) => field ?? "").join(""));
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
