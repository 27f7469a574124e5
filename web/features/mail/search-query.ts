/** What a message list shows: one folder, or everything, narrowed by what was typed in the search box. */
export interface ListView {
  /** null: all folders */
  readonly mailboxId: string | null;
  /** as typed; "" for all messages */
  readonly search: string;
}

/** A FilterCondition of RFC 8621 §4.4.1; several properties mean "all of them". */
export type EmailFilter = Readonly<Record<string, string | boolean>>;

const TOKEN = /(?:(\w+):)?(?:"([^"]*)"|(\S+))/g;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Reads `from:anna subject:"road works" has:attachment is:unread after:2026-01-31 words`.
 * What is no known operator is looked for as text. */
export function toFilter({ mailboxId, search }: ListView): EmailFilter {
  const filter: Record<string, string | boolean> = mailboxId === null ? {} : { inMailbox: mailboxId };
  const words: string[] = [];
  for (const [whole, operator, quoted, bare] of search.matchAll(TOKEN)) {
    const value = quoted ?? bare ?? "";
    if (!applyOperator(filter, operator?.toLowerCase(), value))
      words.push(operator === undefined ? value : whole);
  }
  const text = words.join(" ").trim();
  if (text !== "") filter["text"] = text;
  return filter;
}

function applyOperator(
  filter: Record<string, string | boolean>,
  operator: string | undefined,
  value: string,
): boolean {
  switch (operator) {
    case "from":
    case "to":
    case "subject":
      filter[operator] = value;
      return true;
    case "after":
    case "before":
      if (!DATE.test(value)) return false;
      filter[operator] = `${value}T00:00:00Z`;
      return true;
    case "has":
      if (value !== "attachment") return false;
      filter["hasAttachment"] = true;
      return true;
    case "is":
      if (value === "unread") filter["notKeyword"] = "$seen";
      else if (value === "starred") filter["hasKeyword"] = "$flagged";
      else return false;
      return true;
    case undefined:
    default:
      return false;
  }
}
