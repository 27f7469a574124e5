import { HELD_STATES, HOLD_CODES } from "../../src/contract/quarantine.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  type Decider,
  deleteHeld,
  findHeldTenant,
  type Held,
  HeldId,
  listHeld,
  releaseHeld,
  sendDigests,
} from "../../src/quarantine/index.ts";
import { type Tenancy, tenantsMeant } from "../../src/tenants/index.ts";
import { readConfig } from "../config.ts";
import { type Command, type Given, type Json, UsageError } from "./command.ts";

const OPERATOR: Decider = { accountId: null, name: "operator", by: "cli" };
/** More is for the API, which has pages. */
const LIST_MAX = 500;

/** One of the words that an option takes. @throws {UsageError} */
function choice<T extends string>(given: Given, name: string, words: readonly T[]): T | undefined {
  const value = given.option(name);
  const found = words.find((word) => word === value);
  if (value !== undefined && found === undefined)
    throw new UsageError(`--${name} is one of ${words.join(", ")}, not «${value}».`);
  return found;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const asJson = (held: Held): Json => ({
  id: held.id,
  recipient: held.address,
  sender: held.sender,
  subject: held.subject,
  size: held.size,
  reasons: held.reasons.map(({ code, detail }) => ({ code, detail })),
  state: held.state,
  receivedAt: iso(held.receivedAt),
  expiresAt: iso(held.expiresAt),
  decidedAt: iso(held.decidedAt),
  decidedBy: held.decidedBy,
});

const asLine = (held: Held): string =>
  [
    held.id,
    held.state,
    iso(held.receivedAt)?.slice(0, 16),
    held.address,
    held.sender,
    held.subject,
    held.reasons.map(({ code, detail }) => `${code}: ${detail}`).join("; "),
  ].join("\t");

const list: Command = {
  name: "quarantine list",
  usage: `--tenant <slug> [--recipient <address>] [--state ${HELD_STATES.join("|")}] [--reason ${HOLD_CODES.join("|")}]`,
  about: "lists held messages, newest first; those that wait unless --state says otherwise",
  words: [],
  options: { tenant: "value", recipient: "value", state: "value", reason: "value" },
  async run(tenancy, given) {
    const [tenant] = await tenantsMeant(tenancy, { slug: given.needed("tenant") });
    if (tenant === undefined) throw new MailError("tenant_unknown");
    const query = {
      recipient: given.option("recipient"),
      state: choice(given, "state", HELD_STATES) ?? "waiting",
      reason: choice(given, "reason", HOLD_CODES),
      limit: LIST_MAX,
    };
    const held = await tenancy.db.tenant(tenant.id, (tx) => listHeld(tx, null, query));
    return {
      json: held.map(asJson),
      text: held.length === 0 ? "No messages." : held.map(asLine).join("\n"),
    };
  },
};

/** @throws {UsageError} @throws {MailError} held_unknown */
async function find(tenancy: Tenancy, given: Given): Promise<{ id: HeldId; tenantId: TenantId }> {
  const parsed = HeldId.safeParse(given.word("id").toLowerCase());
  if (!parsed.success) throw new UsageError(`«${given.word("id")}» is not the id of a held message.`);
  const id = parsed.data;
  const tenantId = await tenancy.db.system("operator names a held message", (tx) => findHeldTenant(tx, id));
  if (tenantId === undefined) throw new MailError("held_unknown", { id });
  return { id, tenantId };
}

const release: Command = {
  name: "quarantine release",
  usage: "<id>",
  about: "puts a held message into its recipient's inbox",
  words: ["id"],
  options: {},
  async run(tenancy, given, { store }) {
    const { id, tenantId } = await find(tenancy, given);
    const state = await releaseHeld(store, tenantId, OPERATOR, id);
    return { json: { id, state }, text: "It is in the inbox of its recipient." };
  },
};

const remove: Command = {
  name: "quarantine delete",
  usage: "<id> [--not-spam]",
  about: "throws a held message away; --not-spam: the spam filter learns nothing from it",
  words: ["id"],
  options: { "not-spam": "flag" },
  async run(tenancy, given, { store }) {
    const { id, tenantId } = await find(tenancy, given);
    const asSpam = given.flag("not-spam") ? false : undefined;
    const state = await deleteHeld(store, tenantId, OPERATOR, id, asSpam);
    return { json: { id, state }, text: "It is deleted." };
  },
};

const digest: Command = {
  name: "quarantine digest",
  usage: "",
  about: "sends the digests that are due now; a running system does so every few minutes",
  words: [],
  options: {},
  async run(tenancy, _given, { store, hostname }) {
    const { publicUrl } = readConfig(process.env).config;
    const sent = await sendDigests({ store, tenancy, hostname, publicUrl }, () => false);
    return { json: { sent }, text: `Sent ${sent} ${sent === 1 ? "digest" : "digests"}.` };
  },
};

export const QUARANTINE_COMMANDS: readonly Command[] = [list, release, remove, digest];
