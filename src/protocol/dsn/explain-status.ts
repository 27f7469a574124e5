/** What a status code means to the person who wrote the message, by its longest known prefix (RFC 3463, RFC 7504,
 * RFC 7505 and the IANA registry). The first digit is left out: it tells only whether it is final. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["1.1", "There is no mailbox with this address."],
  ["1.2", "The part after the @ is not the name of a domain that can be found."],
  ["1.3", "The address is not written correctly."],
  ["1.6", "The mailbox has moved, and its new address is not known."],
  ["1.10", "This domain does not accept any mail."],
  ["1", "The other side does not know this address."],
  ["2.1", "The mailbox is switched off."],
  ["2.2", "The mailbox is full."],
  ["2.3", "The message is larger than the mailbox takes."],
  ["2", "The mailbox can't take the message."],
  ["3.4", "The message is larger than the other server takes."],
  ["3", "The other server can't take the message."],
  ["4.1", "The other server did not answer."],
  ["4.4", "The server of this domain could not be found."],
  ["4.6", "The message goes round in circles between servers."],
  ["4.7", "It could not be delivered in the time that is given for it."],
  ["4", "The other server could not be reached."],
  ["5.3", "The message has too many recipients."],
  ["5", "The two servers did not understand each other."],
  ["6.3", "The other server does not take messages with 8-bit text."],
  ["6.7", "The other server does not take addresses with letters outside of English."],
  ["6", "The other server does not take the form of this message."],
  ["7.10", "The other server asks for a secure connection, which could not be made."],
  ["7.25", "The other server does not accept mail from our server's address."],
  ["7", "The other server refused the message."],
]);

/** One sentence in plain English for an enhanced status code such as `5.1.1`. */
export function explainStatus(status: string): string {
  const [, subject = "", detail = ""] = status.split(".");
  return (
    MEANINGS.get(`${subject}.${detail}`) ??
    MEANINGS.get(subject) ??
    "The other server did not take the message."
  );
}
