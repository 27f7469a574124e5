import { z } from "zod";

/** unverified: nothing chosen yet. code_sent: a code is on its way. contested: another agency has proven to be this entry, and the
 * operator decides. verified. refused: the operator said no; `reason` says why. */
export const VerificationState = z.enum(["unverified", "code_sent", "contested", "verified", "refused"]);
export type VerificationState = z.output<typeof VerificationState>;

/** An entry of an official registry, as the operator has imported it. */
export const RegistryEntry = z.object({
  /** `GR`, two letters (ISO 3166-1) */
  country: z.string(),
  /** unique within the country */
  officialId: z.string(),
  name: z.string(),
  /** `municipality`, `school`, …: in the registry's own words */
  kind: z.string(),
  /** what a code can be sent to; the address is shown with stars: `p…s@dimos.gr` */
  email: z.string().nullable(),
  postalAddress: z.string().nullable(),
});
export type RegistryEntry = z.output<typeof RegistryEntry>;

/** `GET /v1/verification` (settings:read). All times are ISO 8601. */
export const Verification = z.object({
  state: VerificationState,
  /** what the agency has chosen */
  entry: RegistryEntry.nullable(),
  /** how the code goes; null while there is none */
  method: z.enum(["email", "letter"]).nullable(),
  codeSentAt: z.string().nullable(),
  codeExpiresAt: z.string().nullable(),
  /** how often a wrong code may still be entered */
  triesLeft: z.int().nullable(),
  verifiedAt: z.string().nullable(),
  /** `code`, or `operator`: it was made by the operator, or verified by hand */
  verifiedBy: z.enum(["code", "operator"]).nullable(),
  /** what the operator said about it */
  reason: z.string().nullable(),
  /** Recipients outside of the agency whom all its people together may write to in a day; null: not limited by this. */
  dailyRecipients: z.int().nullable(),
  /** Whether a registry is there to look oneself up in. */
  hasRegistry: z.boolean(),
});
export type Verification = z.output<typeof Verification>;

/** `GET /v1/verification/candidates?q=` (settings:read): entries of the registries whose name or official id is like this, the best
 * first, at most 20. Accents and the script do not matter: `dimos athin` finds «Δήμος Αθηναίων». */
export const CandidateQuery = z.object({ q: z.string().trim().min(2).max(100) });
export const Candidates = z.object({
  items: z.array(
    RegistryEntry.extend({
      /** another agency has proven to be this one */
      isTaken: z.boolean(),
    }),
  ),
});
export type Candidates = z.output<typeof Candidates>;

/** `POST /v1/verification/code` (settings:write): chooses an entry, and has a code sent to what stands in the registry. Answers the
 * Verification (200). 404 `registry_entry_unknown`. 422 `verification_no_address`: the registry has no address of this kind.
 * 409 `verification_closed`: it is verified, refused, or contested already. 429 `rate_limited`: too many codes. */
export const SendCode = z.strictObject({
  country: z.string().regex(/^[A-Z]{2}$/),
  officialId: z.string().min(1).max(100),
  method: z.enum(["email", "letter"]),
});
export type SendCode = z.output<typeof SendCode>;

/** `POST /v1/verification/confirm` (settings:write): the code, in whatever case and with or without its hyphen. Answers the Verification
 * (200). 422 `code_wrong`; 410 `code_expired`: 30 days are over, or ten were wrong; 409 `verification_closed`. */
export const ConfirmCode = z.strictObject({ code: z.string().trim().min(1).max(40) });
export type ConfirmCode = z.output<typeof ConfirmCode>;
