import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  AddedMailboxes,
  AddMigrationMailboxes,
  ConnectionTest,
  Migration,
  MigrationFailureList,
  MigrationFile,
  MigrationList,
  MigrationMailbox,
  MigrationMailboxDetail,
  MigrationMailboxList,
  MigrationMailboxQuery,
  MIGRATION_PIECE_BYTES,
  NewMigration,
  NewMigrationFile,
  RetryMailbox,
  TestConnection,
} from "../../contract/migrations.ts";
import { PageQuery } from "../../contract/paging.ts";
import type { Permission } from "../../contract/permission.ts";
import { MailError } from "../../kernel/error.ts";
import {
  addMigrationFile,
  addMigrationMailboxes,
  appendToFile,
  changeMigration,
  createMigration,
  listFilesOf,
  lookAtMailbox,
  lookAtMigration,
  type MigrationDeps,
  type MigrationVerb,
  type Mover,
  pageOfFailures,
  pageOfMailboxes,
  pageOfMigrations,
  readFileOf,
  removeMigration,
  retryMailbox,
} from "../../migration/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf, type AdminEnv, personOf } from "./access.ts";
import { inPath, json, jsonBody, maybeBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";

const tags = ["Old mail"];
/** A list of 2,500 mailboxes. */
const LIST_BYTES = 2_000_000;
const FILES_MAX_BYTES = 50e9;
const Offset = z.string().regex(/^\d{1,15}$/);

const two = {
  params: z.object({ id: z.string().min(1).max(320), mailbox: z.string().min(1).max(320) }),
};
const file = { params: z.object({ id: z.string().min(1).max(320), file: z.string().min(1).max(320) }) };

/** What is no UUID is no migration. @throws {MailError} migration_unknown */
function known(...ids: readonly string[]): void {
  if (!ids.every(isUuid)) throw new MailError("migration_unknown");
}

/** Whose the routes are: the agency's, or one's own. */
interface Side {
  readonly read: Permission;
  readonly write: Permission;
  /** ends the ids of the operations */
  readonly suffix: string;
  readonly moverOf: (c: Context<AdminEnv>) => Mover;
}

const AGENCY: Side = {
  read: "imports:read",
  write: "imports:write",
  suffix: "",
  moverOf: (c) => ({ ...actorOf(c), own: null, domains: c.get("access").domains }),
};
const OWN: Side = {
  read: "self",
  write: "self",
  suffix: "OfMine",
  moverOf: (c) => {
    const { tenantId, accountId, address } = personOf(c);
    return { tenantId, actor: address, own: { accountId, address }, domains: null };
  },
};

/** `/v1/migrations`: old mail that is brought in. */
export const migrationsRoutes = (deps: EdgeDeps) => routesOf(deps, AGENCY);

/** `/v1/me/migrations`: the same for one's own mailbox. */
export const ownMigrationsRoutes = (deps: EdgeDeps) => routesOf(deps, OWN);

function routesOf(edge: EdgeDeps, side: Side): OpenAPIHono<AdminEnv> {
  const deps: MigrationDeps = {
    store: edge.store,
    keys: edge.tenancy.keys,
    filesMaxBytes: edge.migrations?.filesMaxBytes ?? FILES_MAX_BYTES,
  };
  const api = newApi();
  addMigrations(api, deps, edge, side);
  addVerbs(api, deps, side);
  addMailboxes(api, deps, side);
  addFiles(api, deps, side);
  return api;
}

type Api = ReturnType<typeof newApi>;

function addMigrations(
  api: Api,
  deps: MigrationDeps,
  edge: EdgeDeps,
  { read, write, suffix, moverOf }: Side,
): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/",
      tags,
      operationId: `listMigrations${suffix}`,
      summary: "Lists migrations, newest first",
      ...needs(read),
      request: { query: PageQuery },
      responses: { 200: json(MigrationList, "A page"), ...problems(400) },
    }),
    async (c) => c.json(await pageOfMigrations(deps, moverOf(c), c.req.valid("query")), 200),
  );
  api.openapi(
    createRoute({
      method: "post",
      path: "/",
      tags,
      operationId: `addMigration${suffix}`,
      summary: "Says where old mail is; nothing runs yet",
      ...needs(write, LIST_BYTES),
      request: jsonBody(NewMigration),
      responses: { 201: json(Migration, "A draft"), ...problems(400) },
    }),
    async (c) => c.json(await createMigration(deps, moverOf(c), c.req.valid("json")), 201),
  );
  api.openapi(
    createRoute({
      method: "post",
      path: "/test-connection",
      tags,
      operationId: `testMigrationSource${suffix}`,
      summary: "Tries an old server and says what is wrong with it",
      ...needs(write),
      request: jsonBody(TestConnection),
      responses: {
        200: json(ConnectionTest, "What came of it; `ok` says whether it can be used"),
        ...problems(400),
      },
    }),
    async (c) => {
      const test = c.req.valid("json");
      // There is no way to an IMAP server from here: another process of the installation has to be asked.
      if (edge.migrations === undefined) throw new MailError("unavailable", { reason: "no relay" });
      return c.json(await edge.migrations.testConnection(test), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: "/{id}",
      tags,
      operationId: `readMigration${suffix}`,
      summary: "Tells how far a migration is",
      ...needs(read),
      request: inPath("id"),
      responses: { 200: json(Migration, "As it is now"), ...problems(404) },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      known(id);
      return c.json(await lookAtMigration(deps, moverOf(c), id), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "delete",
      path: "/{id}",
      tags,
      operationId: `removeMigration${suffix}`,
      summary: "Removes a migration; the mail that it has brought stays",
      ...needs(write),
      request: inPath("id"),
      responses: { 204: nothing("It is gone, with its passwords and files"), ...problems(404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      known(id);
      await removeMigration(deps, moverOf(c), id);
      return c.body(null, 204);
    },
  );
}

const VERBS: Readonly<Record<MigrationVerb, string>> = {
  start: "Starts a migration",
  pause: "Stops a migration until it is resumed",
  resume: "Goes on with a migration",
  cancel: "Ends a migration for good; its passwords are forgotten",
  finish: "Says that nothing more is to come; its passwords are forgotten",
  delta: "Brings what has come since",
};
const verbs = ["start", "pause", "resume", "cancel", "finish", "delta"] as const;

function addVerbs(api: Api, deps: MigrationDeps, { write, suffix, moverOf }: Side): void {
  for (const verb of verbs)
    api.openapi(
      createRoute({
        method: "post",
        path: `/{id}/${verb}`,
        tags,
        operationId: `${verb}Migration${suffix}`,
        summary: VERBS[verb],
        ...needs(write),
        request: inPath("id"),
        responses: { 200: json(Migration, "As it is now"), ...problems(404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        known(id);
        return c.json(await changeMigration(deps, moverOf(c), id, verb), 200);
      },
    );
}

function addMailboxes(api: Api, deps: MigrationDeps, { read, write, suffix, moverOf }: Side): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/{id}/mailboxes",
      tags,
      operationId: `listMigrationMailboxes${suffix}`,
      summary: "Lists the mailboxes of a migration with what has come of each",
      ...needs(read),
      request: { ...inPath("id"), query: MigrationMailboxQuery },
      responses: { 200: json(MigrationMailboxList, "A page"), ...problems(400, 404) },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      known(id);
      return c.json(await pageOfMailboxes(deps, moverOf(c), id, c.req.valid("query")), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "post",
      path: "/{id}/mailboxes",
      tags,
      operationId: `addMigrationMailboxes${suffix}`,
      summary: "Adds mailboxes, or gives them new passwords",
      ...needs(write, LIST_BYTES),
      request: { ...inPath("id"), ...jsonBody(AddMigrationMailboxes) },
      responses: { 201: json(AddedMailboxes, "How many are new"), ...problems(400, 404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      known(id);
      return c.json(await addMigrationMailboxes(deps, moverOf(c), id, c.req.valid("json")), 201);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: "/{id}/mailboxes/{mailbox}",
      tags,
      operationId: `readMigrationMailbox${suffix}`,
      summary: "Tells of one mailbox, folder by folder",
      ...needs(read),
      request: two,
      responses: { 200: json(MigrationMailboxDetail, "As it is now"), ...problems(404) },
    }),
    async (c) => {
      const { id, mailbox } = c.req.valid("param");
      known(id, mailbox);
      return c.json(await lookAtMailbox(deps, moverOf(c), id, mailbox), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: "/{id}/mailboxes/{mailbox}/failures",
      tags,
      operationId: `listMigrationFailures${suffix}`,
      summary: "Lists the messages of a mailbox that were not copied, and why",
      ...needs(read),
      request: { ...two, query: PageQuery },
      responses: { 200: json(MigrationFailureList, "A page"), ...problems(400, 404) },
    }),
    async (c) => {
      const { id, mailbox } = c.req.valid("param");
      known(id, mailbox);
      const at = { id, mailboxId: mailbox };
      return c.json(await pageOfFailures(deps, moverOf(c), at, c.req.valid("query")), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "post",
      path: "/{id}/mailboxes/{mailbox}/retry",
      tags,
      operationId: `retryMigrationMailbox${suffix}`,
      summary: "Tries a mailbox again at once, with a new password if there is one",
      ...needs(write),
      request: { ...two, ...maybeBody(RetryMailbox) },
      responses: { 200: json(MigrationMailbox, "As it is now"), ...problems(400, 404, 409) },
    }),
    async (c) => {
      const { id, mailbox } = c.req.valid("param");
      known(id, mailbox);
      const { password } = RetryMailbox.parse(c.req.valid("json"));
      return c.json(await retryMailbox(deps, moverOf(c), { id, mailboxId: mailbox }, password), 200);
    },
  );
}

function addFiles(api: Api, deps: MigrationDeps, { read, write, suffix, moverOf }: Side): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/{id}/files",
      tags,
      operationId: `listMigrationFiles${suffix}`,
      summary: "Lists the files of a migration",
      ...needs(read),
      request: inPath("id"),
      responses: { 200: json(z.object({ files: z.array(MigrationFile) }), "All of them"), ...problems(404) },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      known(id);
      return c.json({ files: await listFilesOf(deps, moverOf(c), id) }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: "post",
      path: "/{id}/files",
      tags,
      operationId: `addMigrationFile${suffix}`,
      summary: "Announces a file, whose octets follow",
      ...needs(write),
      request: { ...inPath("id"), ...jsonBody(NewMigrationFile) },
      responses: { 201: json(MigrationFile, "Nothing of it is here yet"), ...problems(400, 404, 409) },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      known(id);
      return c.json(await addMigrationFile(deps, moverOf(c), id, c.req.valid("json")), 201);
    },
  );
  api.openapi(
    createRoute({
      method: "get",
      path: "/{id}/files/{file}",
      tags,
      operationId: `readMigrationFile${suffix}`,
      summary: "Tells how much of a file is here",
      ...needs(read),
      request: file,
      responses: { 200: json(MigrationFile, "`received` is where the upload goes on"), ...problems(404) },
    }),
    async (c) => {
      const { id, file: fileId } = c.req.valid("param");
      known(id, fileId);
      return c.json(await readFileOf(deps, moverOf(c), id, fileId), 200);
    },
  );
  api.openapi(
    createRoute({
      method: "patch",
      path: "/{id}/files/{file}",
      tags,
      operationId: `appendToMigrationFile${suffix}`,
      summary: "Appends octets to a file",
      ...needs(write, MIGRATION_PIECE_BYTES),
      request: {
        ...file,
        headers: z.object({ "upload-offset": z.string().optional() }),
        body: {
          required: true,
          content: {
            "application/octet-stream": { schema: z.string().meta({ type: "string", format: "binary" }) },
          },
        },
      },
      responses: { 200: json(MigrationFile, "What is here now"), ...problems(400, 404, 409) },
    }),
    async (c) => {
      const { id, file: fileId } = c.req.valid("param");
      known(id, fileId);
      const mover = moverOf(c);
      await readFileOf(deps, mover, id, fileId);
      const offset = Offset.safeParse(c.req.header("upload-offset"));
      if (!offset.success)
        throw new MailError("invalid_input", { errors: [{ field: "Upload-Offset", code: "required" }] });
      const octets = new Uint8Array(await c.req.arrayBuffer());
      return c.json(
        await appendToFile(deps, mover, { id, fileId, offset: Number(offset.data) }, octets),
        200,
      );
    },
  );
}
