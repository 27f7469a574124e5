import { createRoute } from "@hono/zod-openapi";
import { AuditExportQuery, AuditPage, AuditQuery, type AuditRow } from "../../contract/audit.ts";
import type { Db } from "../../db/index.ts";
import type { TenantId } from "../../kernel/id.ts";
import { printCsv } from "../../protocol/csv/print-csv.ts";
import { type AuditFilter, listAudit, type StoredAudit } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { json, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Audit log"];
/** Rows of an export that are read at once. */
const PORTION = 1_000;

const shown = ({ at, detail, ...rest }: StoredAudit): AuditRow => ({
  ...rest,
  at: new Date(at).toISOString(),
  detail: { ...detail },
});

const filterOf = ({ actor, action, subject, from, to }: Omit<AuditExportQuery, "format">): AuditFilter => ({
  actor,
  action,
  subject,
  from: from === undefined ? undefined : Date.parse(from),
  to: to === undefined ? undefined : Date.parse(to),
});

/** All that a filter leaves, portion by portion; no transaction is open while one is sent. */
async function* portions(
  db: Db,
  tenantId: TenantId,
  filter: AuditFilter,
): AsyncGenerator<AuditRow[], void, undefined> {
  let before: string | null = null;
  for (;;) {
    const where = { before, limit: PORTION };
    const rows: StoredAudit[] = await db.tenant(tenantId, (tx) => listAudit(tx, filter, where));
    yield rows.map(shown);
    const last = rows.at(-1);
    if (rows.length < PORTION || last === undefined) return;
    before = last.id;
  }
}

const CSV_HEAD = printCsv(["id", "at", "actor", "action", "subject", "detail"]);

const csvLine = ({ id, at, actor, action, subject, detail }: AuditRow): string =>
  printCsv([id, at, actor, action, subject, JSON.stringify(detail)]);
const jsonLine = (row: AuditRow): string => `${JSON.stringify(row)}\n`;

/** A file as fast as it is taken; when the client goes, nothing is read any more. */
function fileOf(format: "csv" | "jsonl", rows: AsyncGenerator<AuditRow[], void, undefined>): ReadableStream {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start(to) {
      if (format === "csv") to.enqueue(encoder.encode(CSV_HEAD));
    },
    async pull(to) {
      const { value, done } = await rows.next();
      if (done === true || value.length === 0) to.close();
      else to.enqueue(encoder.encode(value.map(format === "csv" ? csvLine : jsonLine).join("")));
    },
    async cancel() {
      await rows.return();
    },
  });
}

/** `/v1/audit`: who has done what in the agency. */
export const auditRoutes = ({ store, tenancy }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listAudit",
        summary: "Lists who has done what, the newest first",
        ...needs("audit:read"),
        request: { query: AuditQuery },
        responses: { 200: json(AuditPage, "A page"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor, ...filter } = c.req.valid("query");
        const [before = null] = readCursor(cursor, UuidKey) ?? [];
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listAudit(tx, filterOf(filter), { before, limit: limit + 1 }),
        );
        const { items, nextCursor } = pageAfter(rows, limit, (one) => [one.id]);
        return c.json({ items: items.map(shown), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/export",
        tags,
        operationId: "exportAudit",
        summary: "Gives all that the filters leave as a file, the newest first",
        ...needs("audit:read"),
        request: { query: AuditExportQuery },
        responses: {
          200: {
            description: "CSV (RFC 4180), or JSON, a line for each",
            content: {
              "text/csv": { schema: { type: "string" } },
              "application/jsonl": { schema: { type: "string" } },
            },
          },
          ...problems(400),
        },
      }),
      (c) => {
        const { format, ...filter } = c.req.valid("query");
        const rows = portions(store.db, c.get("principal").tenantId, filterOf(filter));
        const day = new Date(tenancy.clock()).toISOString().slice(0, 10);
        return c.body(fileOf(format, rows), 200, {
          "content-type": format === "csv" ? "text/csv; charset=utf-8; header=present" : "application/jsonl",
          "content-disposition": `attachment; filename="audit-${day}.${format}"`,
        });
      },
    );
