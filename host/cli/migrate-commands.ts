import { createReadStream, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import {
  type Migration,
  MIGRATION_PIECE_BYTES,
  type MigrationKind,
  NewMigration,
} from "../../src/contract/migrations.ts";
import { MailError } from "../../src/kernel/error.ts";
import {
  addMigrationFile,
  appendToFile,
  changeMigration,
  createMigration,
  type MigrationDeps,
  type MigrationVerb,
  type Mover,
  pageOfMailboxes,
  pageOfMigrations,
} from "../../src/migration/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { type Tenancy, tenantsMeant } from "../../src/tenants/index.ts";
import { type Command, type Given, UsageError } from "./command.ts";

const depsOf = (tenancy: Tenancy, { store }: Outbound): MigrationDeps => ({
  store,
  keys: tenancy.keys,
  // Who is at the machine sees how much room there is.
  filesMaxBytes: Number.MAX_SAFE_INTEGER,
});

/** @throws {MailError} domain_unknown, tenant_unknown */
async function moverOf(tenancy: Tenancy, meant: { address?: string; slug?: string }): Promise<Mover> {
  const [tenant] = await tenantsMeant(tenancy, meant);
  if (tenant === undefined) throw new MailError("tenant_unknown", meant);
  return { tenantId: tenant.id, actor: "operator", own: null, domains: null };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** @throws {UsageError} what the options say is no source */
function sourceOf(given: Given): unknown {
  const security = given.flag("cleartext") ? "none" : given.flag("starttls") ? "starttls" : "tls";
  const [port, master] = [given.option("port"), given.option("master")];
  const password = (): string => given.needed("master-password");
  return {
    kind: "imap",
    host: given.needed("host"),
    security,
    allowCleartext: given.flag("cleartext"),
    allowAnyCertificate: given.flag("any-certificate"),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(master === undefined ? {} : { login: { kind: "master-user", master, password: password() } }),
  };
}

function parsed(value: unknown): NewMigration {
  const result = NewMigration.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UsageError(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`);
}

const imap: Command = {
  name: "migrate imap",
  usage:
    "--tenant <slug> --host <host> --csv <address,user,password[,host]> [--port 993] [--starttls | --cleartext] [--any-certificate] [--master <user> --master-password <password>]",
  about: "copies the mailboxes of a list from an old server; the running system does it",
  words: [],
  options: {
    tenant: "value",
    host: "value",
    csv: "value",
    port: "value",
    master: "value",
    "master-password": "value",
    starttls: "flag",
    cleartext: "flag",
    "any-certificate": "flag",
  },
  async run(tenancy, given, outbound) {
    const deps = depsOf(tenancy, outbound);
    const mover = await moverOf(tenancy, { slug: given.needed("tenant") });
    const wanted = parsed({
      name: given.needed("host"),
      source: sourceOf(given),
      csv: readText(given.needed("csv")),
    });
    const { id } = await createMigration(deps, mover, wanted);
    const { mailboxes } = await changeMigration(deps, mover, id, "start");
    return {
      json: { id, mailboxes: mailboxes.total },
      text: `Copying ${mailboxes.total} mailboxes: migration ${id}.`,
    };
  },
};

/** A command that brings a file into a mailbox. */
const fileCommand = (kind: Exclude<MigrationKind, "imap">, about: string): Command => ({
  name: `migrate ${kind}`,
  usage: "<file> <address> [--into <folder>]",
  about,
  words: ["file", "address"],
  options: { into: "value" },
  async run(tenancy, given, outbound) {
    const [path, address] = [given.word("file"), given.word("address")];
    const deps = depsOf(tenancy, outbound);
    const mover = await moverOf(tenancy, { address });
    const { size } = await stat(path).catch((error: unknown) => {
      throw new UsageError(`${path} can't be read.`, { cause: error });
    });
    const wanted = parsed({ name: basename(path), source: { kind }, into: given.option("into") ?? "" });
    const { id } = await createMigration(deps, mover, wanted);
    const file = await addMigrationFile(deps, mover, id, { name: basename(path), size, address });
    let offset = 0;
    for await (const piece of createReadStream(path, { highWaterMark: MIGRATION_PIECE_BYTES })) {
      if (!(piece instanceof Uint8Array)) continue;
      await appendToFile(deps, mover, { id, fileId: file.id, offset }, piece);
      offset += piece.length;
    }
    await changeMigration(deps, mover, id, "start");
    return {
      json: { id, bytes: size },
      text: `Took ${size} octets; the running system reads them: migration ${id}.`,
    };
  },
});

const lineOf = ({ id, kind, state, mailboxes, counts }: Migration): string =>
  [
    id,
    kind,
    state,
    `${mailboxes.done}/${mailboxes.total} mailboxes (${mailboxes.failed} failed, ${mailboxes.full} full)`,
    `${counts.copied} copied, ${counts.skipped} there already, ${counts.failed} failed, of ${counts.found}`,
  ].join("\t");

const status: Command = {
  name: "migrate status",
  usage: "--tenant <slug> [<migration>]",
  about: "the last migrations of an agency, or the mailboxes of one that are not through",
  words: [],
  optionalWords: ["migration"],
  options: { tenant: "value" },
  async run(tenancy, given, outbound) {
    const deps = depsOf(tenancy, outbound);
    const mover = await moverOf(tenancy, { slug: given.needed("tenant") });
    const id = given.word("migration");
    if (id === "") {
      const { items } = await pageOfMigrations(deps, mover, { limit: 50 });
      return { json: items, text: items.length === 0 ? "There are none." : items.map(lineOf).join("\n") };
    }
    const { items } = await pageOfMailboxes(deps, mover, id, { limit: 200 });
    const open = items.filter((one) => one.state !== "done");
    const lines = open.map(({ address, state, reason, counts }) =>
      [
        address,
        state,
        `${counts.copied} of ${counts.found}`,
        reason === null ? "" : `${reason.code}: ${reason.detail}`,
      ].join("\t"),
    );
    return { json: open, text: lines.length === 0 ? "All mailboxes are through." : lines.join("\n") };
  },
};

/** One verb for a migration. */
const verbCommand = (verb: MigrationVerb, about: string): Command => ({
  name: `migrate ${verb}`,
  usage: "--tenant <slug> <migration>",
  about,
  words: ["migration"],
  options: { tenant: "value" },
  async run(tenancy, given, outbound) {
    const mover = await moverOf(tenancy, { slug: given.needed("tenant") });
    const { id, state } = await changeMigration(
      depsOf(tenancy, outbound),
      mover,
      given.word("migration"),
      verb,
    );
    return { json: { id, state }, text: `It is ${state} now.` };
  },
});

export const MIGRATE_COMMANDS: readonly Command[] = [
  imap,
  fileCommand("mbox", "copies an mbox file, or a zip of them, into a mailbox"),
  fileCommand("maildir", "copies a Maildir in a zip or tar into a mailbox"),
  fileCommand("eml", "copies a zip of messages into a mailbox"),
  fileCommand("pst", "copies an Outlook file into a mailbox"),
  status,
  verbCommand("pause", "stops a migration until it is resumed"),
  verbCommand("resume", "goes on with a migration"),
  verbCommand("delta", "brings what has come at the old server since"),
  verbCommand("finish", "ends a migration, and forgets its passwords"),
  verbCommand("cancel", "ends a migration that is not through, and forgets its passwords"),
];
