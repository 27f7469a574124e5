import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";

const address = z.string().trim().min(3).max(320);
const mailboxName = z.string().trim().min(1).max(200);
const quotaBytes = z.int().min(1_048_576).max(1e13);

/** reader: reads. editor: files, marks and deletes too. sender: writes in its name too. manager: gives roles too. */
export const SharedRole = z.enum(["reader", "editor", "sender", "manager"]);
export type SharedRole = z.output<typeof SharedRole>;

/** Who may use it: the address of a person or a group, or `anyone` of the agency. */
export const SharedMember = z.object({
  identifier: z.string(),
  name: z.string(),
  kind: z.enum(["person", "group", "anyone"]),
  role: SharedRole,
  /** of a mandate, ISO 8601; null: without an end */
  validFrom: z.string().nullable(),
  validUntil: z.string().nullable(),
});
export type SharedMember = z.output<typeof SharedMember>;

export const SharedMailbox = z.object({
  id: z.string(),
  address: z.string(),
  name: z.string(),
  quotaBytes: z.int(),
  usedBytes: z.int(),
  disabled: z.boolean(),
  /** how many people, groups or `anyone` have a role */
  members: z.int(),
  createdAt: z.string(),
});
export type SharedMailbox = z.output<typeof SharedMailbox>;

/** `GET /v1/shared-mailboxes` (mailboxes:read): by address. */
export const SharedMailboxesQuery = PageQuery.extend({ q: z.string().trim().max(100).optional() });
export const SharedMailboxesPage = pageOf(SharedMailbox);

/** `GET /v1/shared-mailboxes/{id}` (mailboxes:read) */
export const SharedMailboxDetail = SharedMailbox.omit({ members: true }).extend({
  aliases: z.array(z.string()),
  members: z.array(SharedMember),
});
export type SharedMailboxDetail = z.output<typeof SharedMailboxDetail>;

/** `POST /v1/shared-mailboxes` (mailboxes:write) → 201 `SharedMailboxDetail`; 409 `address_exists`, 404 `domain_unknown`. */
export const NewSharedMailbox = z.strictObject({
  address,
  name: mailboxName,
  quotaBytes: quotaBytes.optional(),
});
export type NewSharedMailbox = z.output<typeof NewSharedMailbox>;

/** `PATCH /v1/shared-mailboxes/{id}` (mailboxes:write) → 200 `SharedMailboxDetail`. Disabled: mail to it is refused, its records stay. */
export const SharedMailboxChange = z
  .strictObject({ name: mailboxName, quotaBytes, disabled: z.boolean() })
  .partial();
export type SharedMailboxChange = z.output<typeof SharedMailboxChange>;

/** `PUT /v1/shared-mailboxes/{id}/members/{identifier}` (mailboxes:write) → 204: gives a role instead of the one before; 404
 * `address_unknown`.
 * `DELETE /v1/shared-mailboxes/{id}/members/{identifier}` (mailboxes:write) → 204 */
export const SetSharedMember = z.strictObject({ role: SharedRole });

/** Rooms and equipment: mail to one goes to its managers, who read it as a shared mailbox. */
export const ResourceKind = z.enum(["room", "equipment"]);
export type ResourceKind = z.output<typeof ResourceKind>;
export const Resource = z.object({
  id: z.string(),
  address: z.string(),
  name: z.string(),
  kind: ResourceKind,
  /** seats; null: does not apply */
  capacity: z.int().nullable(),
  description: z.string(),
  disabled: z.boolean(),
  /** addresses of people or groups */
  managers: z.array(z.string()),
});
export type Resource = z.output<typeof Resource>;

/** `GET /v1/resources` (addresses:read): by address. */
export const ResourcesQuery = PageQuery;
export const ResourcesPage = pageOf(Resource);

/** `POST /v1/resources` (addresses:write) → 201 `Resource` */
export const NewResource = z.strictObject({
  address,
  name: mailboxName,
  kind: ResourceKind,
  capacity: z.int().min(1).max(100_000).nullable().default(null),
  description: z.string().trim().max(2000).default(""),
  managers: z.array(address).max(50).default([]),
});
export type NewResource = z.output<typeof NewResource>;

/** `GET /v1/resources/{id}` (addresses:read), `PATCH /v1/resources/{id}` (addresses:write) → 200 `Resource`. `managers` replaces them. */
export const ResourceChange = z
  .strictObject({
    name: mailboxName,
    kind: ResourceKind,
    capacity: z.int().min(1).max(100_000).nullable(),
    description: z.string().trim().max(2000),
    disabled: z.boolean(),
    managers: z.array(address).max(50),
  })
  .partial();
export type ResourceChange = z.output<typeof ResourceChange>;
