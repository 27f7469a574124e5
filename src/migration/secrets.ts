import type { KeyRing } from "../blob/index.ts";
import type { ImapLogin, ImapSource } from "../contract/migrations.ts";
import type { TenantId } from "../kernel/id.ts";
import type { SealedSecret, ServerSettings } from "./rows.ts";

/** Passwords of old servers, sealed under the tenant's key; each opens for the row alone that it was sealed for. */
export async function sealText(
  keys: KeyRing,
  tenantId: TenantId,
  rowId: string,
  text: string,
): Promise<SealedSecret> {
  return keys.sealSecret(tenantId, `migration:${rowId}`, new TextEncoder().encode(text));
}

export async function openText(
  keys: KeyRing,
  tenantId: TenantId,
  rowId: string,
  sealed: SealedSecret,
): Promise<string> {
  return new TextDecoder().decode(await keys.openSecret(tenantId, `migration:${rowId}`, sealed));
}

/** The old server without its secrets, and the one secret of an administrator, if there is one. */
export function splitSource(source: ImapSource): {
  readonly settings: ServerSettings;
  readonly secret: string | null;
} {
  const { host, security, allowCleartext, allowAnyCertificate, login } = source;
  const port = source.port ?? (security === "tls" ? 993 : 143);
  return {
    settings: {
      host: host.toLowerCase(),
      port,
      security,
      allowCleartext,
      allowAnyCertificate,
      login: plainLogin(login),
    },
    secret: secretOf(login),
  };
}

function plainLogin(login: ImapLogin): ServerSettings["login"] {
  if (login.kind === "master-user") return { kind: "master-user", master: login.master, form: login.form };
  if (login.kind === "authorization") return { kind: "authorization", admin: login.admin };
  return { kind: login.kind };
}

function secretOf(login: ImapLogin): string | null {
  if (login.kind === "password") return null;
  return login.kind === "token" ? login.token : login.password;
}

/** How to sign in as one user. */
export interface Credentials {
  readonly user: string;
  readonly password?: string;
  readonly token?: string;
  /** whose mailbox it is, when `user` is an administrator (RFC 4616) */
  readonly authorizeAs?: string;
}

/** @param secret the administrator's, or the mailbox's own */
export function credentialsFor(login: ServerSettings["login"], user: string, secret: string): Credentials {
  if (login.kind === "token") return { user, token: secret };
  if (login.kind === "authorization") return { user: login.admin, password: secret, authorizeAs: user };
  if (login.kind === "password") return { user, password: secret };
  const master = login.form.replace("{user}", () => user).replace("{master}", () => login.master);
  return { user: master, password: secret };
}

/** What somebody should know of the way to the old server. */
export function warningsOf(settings: ServerSettings | null): string[] {
  if (settings === null) return [];
  return [
    ...(settings.security === "none" ? ["cleartext"] : []),
    ...(settings.allowAnyCertificate && settings.security !== "none" ? ["any_certificate"] : []),
  ];
}
