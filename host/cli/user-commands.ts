import { readFileSync } from "node:fs";
import { parseCsv } from "../../src/protocol/csv/parse-csv.ts";
import { addAppPassword, addUser, importUsers, type NewUser, setPassword } from "../../src/tenants/index.ts";
import { type Command, parseBytes, UsageError } from "./command.ts";
import { parseScopes, SCOPES } from "./scopes.ts";

const add: Command = {
  name: "user add",
  usage: '<address> --name "Alice A" [--password <password>] [--quota 7GB]',
  about: "makes a person with a mailbox; without --password one is made and printed",
  words: ["address"],
  options: { name: "value", password: "value", quota: "value" },
  async run(tenancy, given) {
    const [password, quota] = [given.option("password"), given.option("quota")];
    const added = await addUser(tenancy, {
      address: given.word("address"),
      name: given.option("name") ?? "",
      ...(password === undefined ? {} : { password }),
      ...(quota === undefined ? {} : { quotaBytes: parseBytes(quota) }),
    });
    const secret = added.password === undefined ? "" : ` Password: ${added.password}`;
    return { json: { ...added }, text: `Added ${added.address}.${secret}` };
  },
};

const passwd: Command = {
  name: "user passwd",
  usage: "<address> [--password <password>]",
  about: "sets a new password and ends the web sessions; without --password one is made and printed",
  words: ["address"],
  options: { password: "value" },
  async run(tenancy, given) {
    const address = given.word("address");
    const made = await setPassword(tenancy, address, given.option("password"));
    const secret = made.password === undefined ? "" : ` It is: ${made.password}`;
    return { json: { address, ...made }, text: `Set a new password for ${address}.${secret}` };
  },
};

const COLUMNS = ["address", "name", "password"] as const;

/** The people of a list, and the line of each. @throws {UsageError} */
function readPeople(file: string): { people: NewUser[]; lines: number[] } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const parsed = parseCsv(text);
  if (!parsed.ok)
    throw new UsageError(`${file} is not a list of comma-separated values: expected ${parsed.expected}.`);
  const [head, ...rows] = parsed.value;
  const names = head?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  if (!names.includes("address"))
    throw new UsageError(`${file} needs a first line with the names of its columns: ${COLUMNS.join(",")}.`);
  const unknown = names.filter((name) => !COLUMNS.some((column) => column === name));
  if (unknown.length > 0)
    throw new UsageError(`${file} has columns that are not known: ${unknown.join(", ")}.`);
  const people = rows.map(({ fields }) => {
    const value = (column: string): string => fields[names.indexOf(column)] ?? "";
    const password = value("password");
    return { address: value("address"), name: value("name"), ...(password === "" ? {} : { password }) };
  });
  return { people, lines: rows.map((row) => row.line) };
}

const importCsv: Command = {
  name: "user import",
  usage: "<people.csv> --tenant <slug>",
  about: "adds all people of a list (columns address,name,password) or, when a line is wrong, none",
  words: ["file"],
  options: { tenant: "value" },
  async run(tenancy, given) {
    const { people, lines } = readPeople(given.word("file"));
    const { added, problems } = await importUsers(tenancy, given.needed("tenant"), people);
    const errors = problems.map(({ index, field, problem }) => ({ line: lines[index] ?? 0, field, problem }));
    const sorted = errors.toSorted((a, b) => a.line - b.line);
    if (sorted.length > 0)
      return {
        failed: true,
        json: { added: 0, errors: sorted },
        text: [
          ...sorted.map((one) => `line ${one.line}, ${one.field}: ${one.problem}`),
          "Nobody was added.",
        ].join("\n"),
      };
    const made = added.filter((one) => one.password !== undefined);
    return {
      json: { added: added.length, errors: [], users: added.map((one) => ({ ...one })) },
      text: [...made.map((one) => `${one.address}\t${one.password}`), `Added ${added.length} people.`].join(
        "\n",
      ),
    };
  },
};

const appPassword: Command = {
  name: "app-password add",
  usage: `<address> --scope ${SCOPES.slice(0, 3).join(",")} [--label "my phone"]`,
  about: "makes a password for one program, and prints it once",
  words: ["address"],
  options: { scope: "value", label: "value" },
  async run(tenancy, given) {
    const scopes = parseScopes(given.needed("scope"));
    const address = given.word("address");
    const made = await addAppPassword(tenancy, address, scopes, given.option("label") ?? "");
    return {
      json: { address, scopes, ...made },
      text: `The app password of ${address} is: ${made.password}`,
    };
  },
};

export const USER_COMMANDS: readonly Command[] = [add, passwd, importCsv, appPassword];
