import { z } from "zod";

/** Pictures of a logo; no SVG, which can carry programs. */
export const LOGO_TYPES = ["image/png", "image/webp", "image/jpeg"] as const;
export const LOGO_MAX_BYTES = 65_536;

const colour = z.string().regex(/^#[0-9a-f]{6}$/);

/** `GET /v1/branding`, how the agency's pages look. */
export const Branding = z.object({
  /** shown on the sign-in page and in the mail program */
  name: z.string(),
  /** The colour of buttons and links; dark enough for white text on it. null: ours */
  colour: colour.nullable(),
  /** where the logo is read from; null: the name stands there */
  logoUrl: z.string().nullable(),
  /** a sentence under the name on the sign-in page */
  greeting: z.string(),
  /** who helps the people of the agency: shown on the sign-in page */
  helpText: z.string(),
  /** the agency's own sign-in page: `/sign-in?agency=<slug>` */
  signInPath: z.string(),
});
export type Branding = z.output<typeof Branding>;

/** `PUT /v1/branding` (settings:write). 422 `colour_too_light` when white text on it can't be read (WCAG 2.1 §1.4.3: 4.5:1). */
export const SetBranding = z.strictObject({
  name: z.string().trim().min(1).max(200),
  colour: colour.nullable(),
  greeting: z.string().trim().max(300).default(""),
  helpText: z.string().trim().max(300).default(""),
});
export type SetBranding = z.output<typeof SetBranding>;

/** `GET /branding?agency=<slug>` or `?address=<address>`, public: only what a sign-in page shows. 404 `tenant_unknown` for an unknown
 * slug; for an address it depends on its domain alone, and an unknown domain has our own looks.
 * `PUT /v1/branding/logo` takes the picture itself (`content-type` of `LOGO_TYPES`), `DELETE` takes it away; `GET /branding/logo/<slug>`
 * shows it. */
export const PublicBranding = Branding.omit({ signInPath: true });
export type PublicBranding = z.output<typeof PublicBranding>;
