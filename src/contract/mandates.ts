import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";

/** An instant, ISO 8601 with a zone. */
const instant = z.iso.datetime({ offset: true });

/** planned: before its start. current. ended: after its end; the row stays as a record. */
export const MandateState = z.enum(["planned", "current", "ended"]);
export type MandateState = z.output<typeof MandateState>;

/** The holder reads, files and writes; `manager` also gives others a role in the mailbox. */
export const MandateRole = z.enum(["editor", "sender", "manager"]);
export type MandateRole = z.output<typeof MandateRole>;

/** A mailbox of an office (mayor@…), and who holds it from when to when. The mailbox is a shared one: its mail and its records stay in it, only
 * the access changes hands, at the very second. */
export const Mandate = z.object({
  id: z.string(),
  /** of the shared mailbox */
  mailboxId: z.string(),
  mailbox: z.string(),
  mailboxName: z.string(),
  /** of the person */
  holderId: z.string(),
  holder: z.string(),
  holderName: z.string(),
  role: MandateRole,
  /** ISO 8601 */
  startsAt: z.string(),
  /** null: not known yet */
  endsAt: z.string().nullable(),
  state: MandateState,
});
export type Mandate = z.output<typeof Mandate>;

/** `GET /v1/mandates?mailbox=&state=` (mailboxes:read): newest start first. */
export const MandatesQuery = PageQuery.extend({
  /** id of the shared mailbox */
  mailbox: z.string().max(64).optional(),
  state: MandateState.optional(),
});
export type MandatesQuery = z.output<typeof MandatesQuery>;
export const MandatesPage = pageOf(Mandate);

/** `POST /v1/mandates` (mailboxes:write) → 201 `Mandate`; 404 `address_unknown`; 409 `mandate_overlaps`: somebody else holds it in that
 * time; 400: the end is not after the start. With `endCurrent` whoever holds it now does so until the new start. */
export const NewMandate = z.strictObject({
  /** address of a shared mailbox */
  mailbox: z.string().trim().min(3).max(320),
  /** address of a person */
  holder: z.string().trim().min(3).max(320),
  role: MandateRole.default("manager"),
  /** absent: now */
  startsAt: instant.optional(),
  endsAt: instant.nullable().default(null),
  endCurrent: z.boolean().default(false),
});
export type NewMandate = z.output<typeof NewMandate>;

/** `GET /v1/mandates/{id}` (mailboxes:read), `PATCH /v1/mandates/{id}` (mailboxes:write) → 200 `Mandate`. What has ended does not change any
 * more (409 `mandate_ended`); `endsAt` in the past means now.
 * `POST /v1/mandates/{id}/end` (mailboxes:write) → 200 `Mandate`: it ends now.
 * `DELETE /v1/mandates/{id}` (mailboxes:write) → 204: only one that has not begun (409 `mandate_ended`). */
export const MandateChange = z
  .strictObject({ role: MandateRole, startsAt: instant, endsAt: instant.nullable() })
  .partial();
export type MandateChange = z.output<typeof MandateChange>;
