import { MailError } from "../kernel/error.ts";
import { newAccessToken } from "./access-token.ts";
import { insertAudit } from "./audit.store.ts";
import { deleteToken, insertToken, listTokens, type Scope, type StoredToken } from "./credential.store.ts";
import { accountBehind } from "./operator.ts";
import type { Tenancy } from "./tenancy.ts";

const OPERATOR = "operator";
const DAY_MS = 86_400_000;

/** Makes an access token for one program, good for these protocols until it ends.
 * @returns the token, which can't be read again @throws {MailError} invalid_input, domain_unknown, address_unknown */
export async function addToken(
  tenancy: Tenancy,
  address: string,
  wanted: { readonly scopes: readonly Scope[]; readonly label: string; readonly days: number },
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: number }> {
  const account = await accountBehind(tenancy, address);
  const { scopes, label, days } = wanted;
  const { token, verifier } = await newAccessToken(tenancy, account.tenantId);
  const expiresAt = tenancy.clock() + days * DAY_MS;
  const id = await tenancy.db.tenant(account.tenantId, async (tx) => {
    const added = await insertToken(tx, account.id, { verifier, scopes, label, expiresAt });
    const detail = { scopes: scopes.join(","), days };
    await insertAudit(tx, { actor: OPERATOR, action: "token.add", subject: account.address, detail });
    return added;
  });
  return { id, token, expiresAt };
}

/** @throws {MailError} invalid_input, domain_unknown, address_unknown */
export async function tokensOf(tenancy: Tenancy, address: string): Promise<readonly StoredToken[]> {
  const account = await accountBehind(tenancy, address);
  return tenancy.db.tenant(account.tenantId, (tx) => listTokens(tx, account.id));
}

/** Ends a token at once. @throws {MailError} invalid_input, domain_unknown, address_unknown, token_unknown */
export async function removeToken(tenancy: Tenancy, address: string, id: string): Promise<void> {
  const account = await accountBehind(tenancy, address);
  await tenancy.db.tenant(account.tenantId, async (tx) => {
    if (!/^[0-9a-f-]{36}$/i.test(id) || !(await deleteToken(tx, account.id, id)))
      throw new MailError("token_unknown", { id });
    await insertAudit(tx, { actor: OPERATOR, action: "token.remove", subject: account.address });
  });
}
