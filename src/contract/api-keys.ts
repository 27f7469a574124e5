import { z } from "zod";
import { pageOf } from "./paging.ts";
import { Permission } from "./permission.ts";

/** What a key may do: anything but what is a person's own. */
export const KeyPermission = Permission.exclude(["self"]);
export type KeyPermission = z.output<typeof KeyPermission>;

/** A key for programs: it belongs to the agency. `GET /v1/api-keys` (permission integrations:read) gives a page of them, the newest
 * first. Times are ISO 8601 in UTC. */
export const ApiKey = z
  .object({
    id: z.uuid(),
    label: z.string(),
    permissions: z.array(KeyPermission),
    /** the address of who made it */
    createdBy: z.string(),
    createdAt: z.string(),
    /** null: it does not end by itself */
    expiresAt: z.string().nullable(),
    /** to the hour; null: never used */
    lastUsedAt: z.string().nullable(),
    /** Whether who made it may still do all of this. false: they have left or may less; the key goes on, since it is the agency's. */
    makerMay: z.boolean(),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.output<typeof ApiKey>;

/** `GET /v1/api-keys?limit=&cursor=` */
export const ApiKeyPage = pageOf(ApiKey);

/** `POST /v1/api-keys` (integrations:write, a person's session: no key makes keys). A key gets no permission that its maker does not
 * have, and `roles:write` only from an owner; 422 `permission_not_yours` otherwise. */
export const NewApiKey = z.strictObject({
  label: z.string().trim().min(1).max(64),
  permissions: z.array(KeyPermission).min(1).max(KeyPermission.options.length),
  /** in the future; left out: it does not end by itself */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
export type NewApiKey = z.output<typeof NewApiKey>;

/** 201 of `POST /v1/api-keys`. `key` (`angelia-key.…`) is shown this once; programs send it as `Authorization: Bearer <key>`.
 * `DELETE /v1/api-keys/{id}` ends it at once (204). */
export const CreatedApiKey = ApiKey.extend({ key: z.string() });
export type CreatedApiKey = z.output<typeof CreatedApiKey>;
