import {
  type Branding,
  LOGO_MAX_BYTES,
  type PublicBranding,
  type SetBranding,
} from "../contract/branding.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { insertAudit, type RouteChanger, type Tenancy } from "../tenants/index.ts";
import {
  type Logo,
  readBranding,
  readLogo,
  type StoredBranding,
  upsertBranding,
  upsertLogo,
} from "./branding.store.ts";
import { contrastWithWhite, READABLE } from "./contrast.ts";
import { pictureType } from "./picture.ts";

function shown({ slug, name, colour, greeting, helpText, logoMark }: StoredBranding): PublicBranding {
  const logoUrl = logoMark === null ? null : `/branding/logo/${slug}?v=${logoMark}`;
  return { name, colour, greeting, helpText, logoUrl };
}

/** How an agency's pages look. @throws {MailError} tenant_unknown */
export async function brandingOf(tenancy: Tenancy, tenantId: TenantId): Promise<Branding> {
  const stored = await tenancy.db.tenant(tenantId, readBranding);
  if (stored === undefined) throw new MailError("tenant_unknown", { tenantId });
  return { ...shown(stored), signInPath: `/sign-in?agency=${stored.slug}` };
}

/** @throws {MailError} colour_too_light */
export async function setBranding(
  tenancy: Tenancy,
  { tenantId, actor }: RouteChanger,
  wanted: SetBranding,
): Promise<Branding> {
  if (wanted.colour !== null && contrastWithWhite(wanted.colour) < READABLE)
    throw new MailError("colour_too_light", { colour: wanted.colour });
  await tenancy.db.tenant(tenantId, async (tx) => {
    await upsertBranding(tx, wanted);
    await insertAudit(tx, { actor, action: "branding.change", subject: wanted.name });
  });
  return brandingOf(tenancy, tenantId);
}

const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");

/** @param bytes null: the logo goes @throws {MailError} picture_refused, message_too_large */
export async function setLogo(
  tenancy: Tenancy,
  { tenantId, actor }: RouteChanger,
  bytes: Uint8Array<ArrayBuffer> | null,
): Promise<Branding> {
  let logo: Logo | null = null;
  if (bytes !== null) {
    if (bytes.length > LOGO_MAX_BYTES) throw new MailError("message_too_large", { maxBytes: LOGO_MAX_BYTES });
    const type = pictureType(bytes);
    if (type === null) throw new MailError("picture_refused");
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    logo = { type, mark: hexOf(digest.subarray(0, 8)), bytes };
  }
  await tenancy.db.tenant(tenantId, async (tx) => {
    await upsertLogo(tx, logo);
    await insertAudit(tx, {
      actor,
      action: logo === null ? "branding.remove_logo" : "branding.logo",
      subject: "",
    });
  });
  return brandingOf(tenancy, tenantId);
}

/** What a sign-in page shows of an agency. @throws {MailError} tenant_unknown */
export async function publicBranding(tenancy: Tenancy, tenantId: TenantId): Promise<PublicBranding> {
  const { signInPath: _, ...rest } = await brandingOf(tenancy, tenantId);
  return rest;
}

/** @throws {MailError} blob_unknown */
export async function logoOf(tenancy: Tenancy, tenantId: TenantId): Promise<Logo> {
  const logo = await tenancy.db.tenant(tenantId, readLogo);
  if (logo === undefined) throw new MailError("blob_unknown");
  return logo;
}
