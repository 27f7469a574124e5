import { MailError } from "../kernel/error.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { type Account, findAccounts } from "./account.store.ts";
import { type Credential, listCredentials, type Scope, strengthenPassword } from "./credential.store.ts";
import type { Principal, Tenancy } from "./tenancy.ts";

async function matching(
  tenancy: Tenancy,
  credentials: readonly Credential[],
  password: string,
  scope: Scope | "web",
): Promise<Credential | undefined> {
  // App passwords first: they cost nothing, and programs that use them sign in most often.
  const fit = credentials.filter((one) => one.kind === "password" || one.scopes.includes(scope));
  for (const one of fit.toSorted((a, b) => a.kind.localeCompare(b.kind)))
    if (await tenancy.passwords.verify(one.verifier, password)) return one;
  return undefined;
}

/** Checks an address with its password, or with an app password that is good for `scope`.
 * @throws {MailError} credentials_wrong, account_disabled, unavailable */
export async function signIn(
  tenancy: Tenancy,
  address: string,
  password: string,
  scope: Scope | "web",
): Promise<Principal> {
  const parsed = normalizeAddress(address.trim());
  const canonical = parsed.ok ? parsed.value : "";
  const domain = canonical.slice(canonical.lastIndexOf("@") + 1);
  const tenantId = canonical === "" ? undefined : (await tenancy.domains.tenantsOf([domain])).get(domain);
  let account: Account | undefined;
  let credentials: readonly Credential[] = [];
  if (tenantId !== undefined)
    await tenancy.db.tenant(tenantId, async (tx) => {
      account = (await findAccounts(tx, [canonical])).get(canonical);
      if (account !== undefined) credentials = await listCredentials(tx, account.id);
    });
  if (tenantId === undefined || account === undefined || credentials.length === 0) {
    await tenancy.passwords.pretend(password);
    throw new MailError("credentials_wrong", { address: canonical });
  }
  const found = account;
  const credential = await matching(tenancy, credentials, password, scope);
  if (credential === undefined) throw new MailError("credentials_wrong", { address: canonical });
  if (found.disabled) throw new MailError("account_disabled", { address: canonical });
  if (tenancy.passwords.needsStrengthening(credential.verifier)) {
    const stronger = await tenancy.passwords.hash(password);
    await tenancy.db.tenant(tenantId, (tx) =>
      strengthenPassword(tx, found.id, credential.verifier, stronger),
    );
  }
  return { tenantId, accountId: found.id, address: canonical, name: found.name };
}
