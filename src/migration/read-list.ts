import type { NewMigrationMailbox } from "../contract/migrations.ts";
import { parseCsv } from "../protocol/csv/parse-csv.ts";
import type { FieldProblem } from "./mover.ts";

/** One line of a list, and how a problem with it is named. */
export interface ListedMailbox extends NewMigrationMailbox {
  readonly field: string;
}

const HEAD = ["address", "user", "password", "host"];
const HOST = /^[A-Za-z0-9.:_-]{1,253}$/;

/** Reads `address,user,password[,host]`; a first line with these words says in which order they stand. Nothing is trimmed off a password
 * in quotes. */
export function readMailboxList(csv: string): {
  readonly mailboxes: readonly ListedMailbox[];
  readonly problems: readonly FieldProblem[];
} {
  const parsed = parseCsv(csv);
  if (!parsed.ok) return { mailboxes: [], problems: [{ field: "csv", code: "malformed" }] };
  const words = parsed.value[0]?.fields.map((one) => one.toLowerCase()) ?? [];
  const hasHead = words.includes("address") && words.every((one) => HEAD.includes(one));
  const order = hasHead ? words : HEAD;
  const problems: FieldProblem[] = [];
  const mailboxes = parsed.value.slice(hasHead ? 1 : 0).flatMap(({ line, fields }): ListedMailbox[] => {
    const field = `csv.${line}`;
    const value = (name: string): string => fields[order.indexOf(name)] ?? "";
    const [address, user, password, host] = [
      value("address"),
      value("user"),
      value("password"),
      value("host"),
    ];
    const isWrong = address === "" || address.length > 320 || user.length > 320 || password.length > 4_000;
    if (isWrong || fields.length > order.length || (host !== "" && !HOST.test(host))) {
      problems.push({ field, code: address === "" ? "required" : "malformed" });
      return [];
    }
    return [
      {
        field,
        address,
        ...(user === "" ? {} : { user }),
        ...(password === "" ? {} : { password }),
        ...(host === "" ? {} : { host }),
      },
    ];
  });
  return { mailboxes, problems };
}
