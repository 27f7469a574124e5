import { z } from "zod";
import { Permission, Role } from "./permission.ts";

export { Role };

/** `POST /session` */
export const SignInRequest = z.strictObject({
  address: z.string().trim().min(3).max(254),
  password: z.string().min(1).max(1024),
});
export type SignInRequest = z.infer<typeof SignInRequest>;

/** 200 of `POST /session`; the session cookie comes with it. 401 and 429 are problems. */
export const SignedIn = z.object({ address: z.string(), name: z.string() });
export type SignedIn = z.infer<typeof SignedIn>;

/** `GET /session`: who the cookie stands for, or 401. */
export const Session = z.object({
  address: z.string(),
  name: z.string(),
  tenantName: z.string(),
  /** a language tag; an unknown one is read as "en" */
  locale: z.string(),
  roles: z.array(Role),
  /** What they may do in `/v1`; the pages show nothing else. */
  permissions: z.array(Permission),
  /** The domains whose people and addresses they look after; null: all of the agency. */
  domains: z.array(z.string()).nullable(),
  /** Somebody of the operator's staff, let in by the agency, and until when (ISO 8601); null: somebody of the agency. */
  support: z
    .object({ operator: z.string(), scope: z.enum(["settings", "mailbox"]), expiresAt: z.string() })
    .nullable(),
});
export type Session = z.infer<typeof Session>;
