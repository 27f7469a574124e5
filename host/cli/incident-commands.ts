import { IncidentKind, IncidentState, ServicePart } from "../../src/contract/notices.ts";
import { openIncident, readServiceStatus, updateIncident } from "../../src/notices/index.ts";
import { type Command, type Given, UsageError } from "./command.ts";

/** A time as an operator writes it: ISO 8601; nothing: now, or none. @throws {UsageError} */
function timeOf(given: Given, name: string): number | null {
  const text = given.option(name);
  if (text === undefined) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new UsageError(`--${name} is not a time: write it as 2026-11-22T18:00:00+02:00.`);
  return ms;
}

/** A text in English, and in Greek where it is given. */
function wordsOf(given: Given, name: string): Record<string, string> {
  const greek = given.option(`${name}-el`);
  return { en: given.needed(name), ...(greek === undefined ? {} : { el: greek }) };
}

function oneOf<T extends string>(name: string, word: string, all: readonly T[]): T {
  const found = all.find((one) => one === word);
  if (found === undefined) throw new UsageError(`--${name} is one of ${all.join(", ")}.`);
  return found;
}

const open: Command = {
  name: "incident open",
  usage: `--kind ${IncidentKind.options.join("|")} --parts ${ServicePart.options.join(",")} --title … --text … [--title-el … --text-el …] [--state …] [--from …] [--until …]`,
  about:
    "tells everybody on the status page, and the administrators of all agencies, that something is or will be",
  words: [],
  options: {
    kind: "value",
    parts: "value",
    title: "value",
    text: "value",
    "title-el": "value",
    "text-el": "value",
    state: "value",
    from: "value",
    until: "value",
  },
  async run(tenancy, given) {
    const kind = oneOf("kind", given.needed("kind"), IncidentKind.options);
    const words = given.needed("parts").split(",");
    const parts = words.map((word) => oneOf("parts", word.trim(), ServicePart.options));
    const now = tenancy.clock();
    const startsAt = timeOf(given, "from") ?? now;
    const usual = startsAt > now ? "planned" : "investigating";
    const state = oneOf("state", given.option("state") ?? usual, IncidentState.options);
    const title = wordsOf(given, "title");
    const incident = { kind, parts, title, state, startsAt, endsAt: timeOf(given, "until") };
    const id = await openIncident(tenancy, incident, { text: wordsOf(given, "text"), at: now });
    return { json: { id, state }, text: `Opened ${id} (${state}). The agencies are told within a minute.` };
  },
};

const update: Command = {
  name: "incident update",
  usage: `<id> --state ${IncidentState.options.join("|")} --text … [--text-el …]`,
  about: "says more about it; resolved ends it",
  words: ["id"],
  options: { state: "value", text: "value", "text-el": "value" },
  async run(tenancy, given) {
    const id = given.word("id");
    const state = oneOf("state", given.needed("state"), IncidentState.options);
    await updateIncident(tenancy, id, { state, text: wordsOf(given, "text"), at: tenancy.clock() });
    return { json: { id, state }, text: `${id} is ${state} now.` };
  },
};

const list: Command = {
  name: "incident list",
  usage: "",
  about: "what is open, what is planned, and what ended within 90 days",
  words: [],
  options: {},
  async run(tenancy) {
    const { current, past } = await readServiceStatus(tenancy);
    const lines = [...current, ...past].map(({ id, kind, state, title, startsAt }) =>
      [id, kind, state, startsAt, title["en"] ?? ""].join("\t"),
    );
    return { json: { current, past }, text: lines.length === 0 ? "There are none." : lines.join("\n") };
  },
};

export const INCIDENT_COMMANDS: readonly Command[] = [open, update, list];
