import { z } from "zod";

/** Interface languages that an account can choose. */
export const LOCALES = ["en", "el", "it", "es", "ru"] as const;
export const Locale = z.enum(LOCALES);
export type Locale = z.infer<typeof Locale>;

/** NIST SP 800-63B §3.1.1.2 asks for length and against composition rules. */
export const PASSWORD_MIN_LENGTH = 10;
export const PASSWORD_MAX_LENGTH = 256;

/** A DNS label: letters, digits and inner hyphens, at most 63. @see RFC 1035 §2.3.1 */
export const SLUG_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** What sign-up offers of RFC 5321 §4.1.2: a lower-case dot-string, at most 64 octets. */
export const LOCAL_PART_PATTERN = /^(?=.{1,64}$)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*$/;

const Name = z.string().trim().min(1).max(200);

/** `GET /signup/config` */
export const SignupConfig = z.object({
  /** the domain under which a new agency gets its own at once: `<slug>.<hostedDomain>` */
  hostedDomain: z.string().min(1),
  passwordMinLength: z.int().positive(),
});
export type SignupConfig = z.infer<typeof SignupConfig>;

/** `POST /signup/proposal`: what is not given is proposed from the names. Bad values come back as problems, not as 400. */
export const SignupProposalRequest = z.strictObject({
  agencyName: z.string().max(1000),
  personName: z.string().max(1000),
  slug: z.string().max(1000).optional(),
  localPart: z.string().max(1000).optional(),
});
export type SignupProposalRequest = z.infer<typeof SignupProposalRequest>;

const SIGNUP_FIELDS = ["agencyName", "personName", "slug", "localPart"] as const;
const SIGNUP_PROBLEM_CODES = ["taken", "reserved", "malformed", "too_short", "too_long"] as const;

export const SignupProblem = z.object({
  field: z.enum(SIGNUP_FIELDS),
  code: z.enum(SIGNUP_PROBLEM_CODES),
  /** a value for `field` that would be accepted */
  suggestion: z.string().optional(),
});
export type SignupProblem = z.infer<typeof SignupProblem>;

/** Answer of `POST /signup/proposal`. Nothing is stored or held back: `POST /signup` checks again. */
export const SignupProposal = z.object({
  slug: z.string(),
  localPart: z.string(),
  /** `<slug>.<hostedDomain>` */
  domain: z.string(),
  /** `<localPart>@<domain>` */
  address: z.string(),
  problems: z.array(SignupProblem),
});
export type SignupProposal = z.infer<typeof SignupProposal>;

/** `POST /signup` */
export const SignupRequest = z.strictObject({
  agencyName: Name,
  personName: Name,
  slug: z.string().regex(SLUG_PATTERN),
  localPart: z.string().regex(LOCAL_PART_PATTERN),
  password: z.string().min(PASSWORD_MIN_LENGTH).max(PASSWORD_MAX_LENGTH),
  consent: z.literal(true),
  locale: Locale,
});
export type SignupRequest = z.infer<typeof SignupRequest>;

/** 201 of `POST /signup`; the session cookie comes with it. */
export const SignupCreated = z.object({ address: z.string() });
export type SignupCreated = z.infer<typeof SignupCreated>;
