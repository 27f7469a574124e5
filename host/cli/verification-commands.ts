import { readFileSync, writeFileSync } from "node:fs";
import { parseCsv } from "../../src/protocol/csv/parse-csv.ts";
import {
  decideAgency,
  importRegistry,
  pendingLetters,
  reopenAgency,
  stateOf,
  verificationCases,
} from "../../src/verification/index.ts";
import { type Command, UsageError } from "./command.ts";

const COLUMNS = ["name", "official_id", "postal_address", "email", "kind"] as const;
type Column = (typeof COLUMNS)[number];

/** @throws {UsageError} */
function readEntries(file: string) {
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
  if (!names.includes("name") || !names.includes("official_id"))
    throw new UsageError(
      `${file} needs a first line with the names of its columns: ${COLUMNS.join(",")}; name and official_id at least.`,
    );
  const entries = rows.map(({ fields }) => {
    const value = (column: Column): string => (fields[names.indexOf(column)] ?? "").trim();
    const maybe = (column: Column): string | null => (value(column) === "" ? null : value(column));
    return {
      officialId: value("official_id"),
      name: value("name"),
      kind: value("kind"),
      email: maybe("email")?.toLowerCase() ?? null,
      postalAddress: maybe("postal_address"),
    };
  });
  return { entries, lines: rows.map((row) => row.line) };
}

const importFile: Command = {
  name: "registry import",
  usage: "<registry.csv> --country GR",
  about: `takes the entries of an official registry (columns ${COLUMNS.join(",")}); entries of before are replaced by their id, and stay when they are not in the file`,
  words: ["file"],
  options: { country: "value" },
  async run(tenancy, given) {
    const { entries, lines } = readEntries(given.word("file"));
    const country = given.needed("country").toUpperCase();
    const { count, problems } = await importRegistry(tenancy.db, country, entries);
    const errors = problems.map(({ index, problem }) => ({ line: lines[index] ?? 0, problem }));
    return {
      failed: errors.length > 0,
      json: { country, count, errors },
      text:
        errors.length > 0
          ? [...errors.map((one) => `line ${one.line}: ${one.problem}`), "Nothing was taken."].join("\n")
          : `Took ${count} entries of ${country}.`,
    };
  },
};

const list: Command = {
  name: "verification list",
  usage: "[--all]",
  about: "shows the agencies that are not verified, and what each waits for; --all: the others too",
  words: [],
  options: { all: "flag" },
  async run(_tenancy, given, outbound) {
    const cases = (await verificationCases(outbound)).map((one) => ({
      slug: one.slug,
      name: one.tenantName,
      state: stateOf(one),
      entry: one.country === null ? null : `${one.country} ${one.officialId ?? ""}`,
      entryName: one.entryName,
      reason: one.reason,
    }));
    const shown = given.flag("all") ? cases : cases.filter((one) => one.state !== "verified");
    const lines = shown.map(
      (one) => `${one.slug}\t${one.state}\t${one.name}\t${one.entry ?? ""}\t${one.entryName ?? ""}`,
    );
    return { json: shown, text: lines.length === 0 ? "There are none." : lines.join("\n") };
  },
};

const decide: Command = {
  name: "verification decide",
  usage: '<slug> (--verified | --refused) --reason "their letter of 3 March"',
  about: "vouches for an agency, or says no; its administrators are told the reason",
  words: ["slug"],
  options: { verified: "flag", refused: "flag", reason: "value" },
  async run(_tenancy, given, outbound) {
    const isVerified = given.flag("verified");
    if (isVerified === given.flag("refused")) throw new UsageError("Say either --verified or --refused.");
    const [slug, reason] = [given.word("slug"), given.needed("reason")];
    if (reason.length > 1_000) throw new UsageError("--reason has at most 1000 characters.");
    await decideAgency(outbound, slug, { isVerified, reason });
    return { json: { slug, isVerified }, text: `${slug} is ${isVerified ? "verified" : "refused"}.` };
  },
};

const reopen: Command = {
  name: "verification reopen",
  usage: "<slug>",
  about: "lets an agency begin its verification anew",
  words: ["slug"],
  options: {},
  async run(_tenancy, given, outbound) {
    const slug = given.word("slug");
    const isOpen = await reopenAgency(outbound, slug);
    const text = isOpen
      ? `${slug} begins anew.`
      : `${slug} was never asked who it is: it counts as verified.`;
    return { json: { slug, isOpen }, text };
  },
};

const letters: Command = {
  name: "verification letters",
  usage: "--out letters.html",
  about:
    "writes the letters with codes that wait into a file for the printer, a page each; each letter is in one file only",
  words: [],
  options: { out: "value" },
  async run(_tenancy, given, outbound) {
    const file = given.needed("out");
    const pending = await pendingLetters(outbound);
    if (pending === null) return { json: { letters: [] }, text: "There are none." };
    // An older file may have letters that are not printed yet.
    writeFileSync(file, pending.html, { flag: "wx", mode: 0o600 });
    await pending.done();
    return {
      json: { letters: [...pending.slugs], file },
      text: `Wrote ${pending.slugs.length} letters into ${file}: ${pending.slugs.join(", ")}.`,
    };
  },
};

export const VERIFICATION_COMMANDS: readonly Command[] = [importFile, list, decide, reopen, letters];
