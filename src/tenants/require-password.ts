import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { readSecurityPolicy } from "./security-policy.store.ts";

/** Refuses a password that is shorter than the agency demands.
 * @param field what it is called in the request @throws {MailError} invalid_input */
export async function requirePassword(tx: TenantTx, password: string, field: string): Promise<void> {
  const { passwordMinLength } = await readSecurityPolicy(tx);
  if (password.length < passwordMinLength)
    throw new MailError("invalid_input", { errors: [{ field, code: "too_short" }] });
}
