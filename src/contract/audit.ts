import { z } from "zod";
import { pageOf, PageQuery } from "./paging.ts";

/** One change, written in the transaction of what it tells. */
export const AuditRow = z
  .object({
    id: z.string(),
    /** ISO 8601 in UTC */
    at: z.string(),
    /** an address, `api-key:<label>`, `operator`, or a part of the system such as `sign-in` */
    actor: z.string(),
    /** a noun and a verb: `alias.add`, `group.member.remove` */
    action: z.string(),
    /** what it was done to: an address, a domain, an id, or "" */
    subject: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .meta({ id: "AuditRow" });
export type AuditRow = z.output<typeof AuditRow>;

const filters = {
  /** exactly */
  actor: z.string().trim().min(1).max(320).optional(),
  /** a whole action, or its beginning up to a dot: `group` finds `group.add` and `group.member.add` */
  action: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/)
    .max(100)
    .optional(),
  /** exactly */
  subject: z.string().trim().min(1).max(320).optional(),
  /** the first moment, inclusive */
  from: z.iso.datetime({ offset: true }).optional(),
  /** the first moment that is not in it any more */
  to: z.iso.datetime({ offset: true }).optional(),
} as const;

/** `GET /v1/audit` (audit:read): a page of `AuditRow`s, the newest first. All filters narrow it down. */
export const AuditQuery = PageQuery.extend(filters);
export type AuditQuery = z.output<typeof AuditQuery>;

export const AuditPage = pageOf(AuditRow);
export type AuditPage = z.output<typeof AuditPage>;

/** `GET /v1/audit/export` (audit:read): all that the filters leave, the newest first, as a file. `jsonl`: an `AuditRow` a line.
 * `csv` (RFC 4180): id, at, actor, action, subject, detail, where detail is JSON. */
export const AuditExportQuery = z.object({ ...filters, format: z.enum(["csv", "jsonl"]).default("csv") });
export type AuditExportQuery = z.output<typeof AuditExportQuery>;
