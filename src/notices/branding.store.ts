import type { SetBranding } from "../contract/branding.ts";
import type { TenantTx } from "../db/index.ts";

export interface StoredBranding {
  readonly slug: string;
  readonly name: string;
  readonly colour: string | null;
  readonly greeting: string;
  readonly helpText: string;
  /** changes with the logo; null: there is none */
  readonly logoMark: string | null;
}

export async function readBranding(tx: TenantTx): Promise<StoredBranding | undefined> {
  const [row] = await tx<StoredBranding[]>`
    select t.slug, t.name, b.colour, coalesce(b.greeting, '') as greeting, coalesce(b.help_text, '') as "helpText",
      b.logo_mark as "logoMark"
    from tenants t left join brandings b on b.tenant_id = t.id where t.id = ${tx.tenantId}`;
  return row;
}

/** The name is that of the agency itself. */
export async function upsertBranding(
  tx: TenantTx,
  { name, colour, greeting, helpText }: SetBranding,
): Promise<void> {
  await tx`update tenants set name = ${name} where id = ${tx.tenantId} and name <> ${name}`;
  await tx`insert into brandings (tenant_id, colour, greeting, help_text)
    values (${tx.tenantId}, ${colour}, ${greeting}, ${helpText})
    on conflict (tenant_id) do update set colour = excluded.colour, greeting = excluded.greeting, help_text = excluded.help_text`;
}

export interface Logo {
  readonly type: string;
  readonly mark: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** @param logo null: none any more */
export async function upsertLogo(tx: TenantTx, logo: Logo | null): Promise<void> {
  const [bytes, type, mark] = logo === null ? [null, null, null] : [logo.bytes, logo.type, logo.mark];
  await tx`insert into brandings (tenant_id, logo, logo_type, logo_mark) values (${tx.tenantId}, ${bytes}, ${type}, ${mark})
    on conflict (tenant_id) do update set logo = excluded.logo, logo_type = excluded.logo_type, logo_mark = excluded.logo_mark`;
}

export async function readLogo(tx: TenantTx): Promise<Logo | undefined> {
  const [row] = await tx<Logo[]>`
    select logo_type as type, logo_mark as mark, logo as bytes from brandings where tenant_id = ${tx.tenantId} and logo is not null`;
  return row;
}
