import { z } from "zod";

/** `POST /session` */
export const SignInRequest = z.strictObject({
  address: z.string().trim().min(3).max(254),
  password: z.string().min(1).max(1024),
});
export type SignInRequest = z.infer<typeof SignInRequest>;

/** 200 of `POST /session`; the session cookie comes with it. 401 and 429 are problems. */
export const SignedIn = z.object({ address: z.string(), name: z.string() });
export type SignedIn = z.infer<typeof SignedIn>;

/** What somebody may do in their agency besides reading their own mail. */
export const Role = z.enum(["owner", "admin", "domain_admin", "help_desk", "auditor"]);
export type Role = z.infer<typeof Role>;

/** `GET /session`: who the cookie stands for, or 401. */
export const Session = z.object({
  address: z.string(),
  name: z.string(),
  tenantName: z.string(),
  /** a language tag; an unknown one is read as "en" */
  locale: z.string(),
  roles: z.array(Role),
});
export type Session = z.infer<typeof Session>;
