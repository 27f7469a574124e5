import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import type { ScramProof } from "../protocol/sasl/index.ts";
import { findAccounts } from "./account.store.ts";
import {
  type Credential,
  findSignInAccount,
  type Scope,
  type SignInAccount,
  strengthenCredential,
} from "./credential.store.ts";
import { touchDevice } from "./device.store.ts";
import { HOUSE_TENANT } from "./house-tenant.ts";
import { deriveScramKeys, isScramProof, type ScramKeys, scramServerSignature } from "./scram-keys.ts";
import { newScramVerifier, openScramVerifier, SCRAM_ITERATIONS, scramSalt } from "./scram-verifier.ts";
import type { SignInClient } from "./sign-in-places.ts";
import type { Principal, Tenancy } from "./tenancy.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The product itself, a test that arranges something: nobody who guesses. */
const OURSELVES: SignInClient = { ip: undefined, protocol: "http", isCounted: false };

/** Whom an address means. */
interface Named {
  /** canonical; "": it is no address */
  readonly address: string;
  /** what failures are counted for where it is none */
  readonly given: string;
  /** undefined: the domain is none of ours */
  readonly tenantId: TenantId | undefined;
}

async function nameOf(tenancy: Tenancy, given: string): Promise<Named> {
  const trimmed = given.trim();
  const parsed = normalizeAddress(trimmed);
  const address = parsed.ok ? parsed.value : "";
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const tenantId = address === "" ? undefined : (await tenancy.domains.tenantsOf([domain])).get(domain);
  return { address, given: address === "" ? trimmed.toLowerCase() : address, tenantId };
}

/** Takes as long for an address that is not ours. */
async function accountOf(
  { db }: Tenancy,
  { address, tenantId = HOUSE_TENANT }: Named,
): Promise<SignInAccount | undefined> {
  const found = await findSignInAccount(db, tenantId, address);
  if (found !== undefined || !/^(postmaster|abuse)@/.test(address)) return found;
  // They always mean somebody.
  const keeper = (await db.tenant(tenantId, (tx) => findAccounts(tx, [address]))).get(address);
  return keeper === undefined ? undefined : findSignInAccount(db, tenantId, keeper.address);
}

/** Scopes of app passwords that are good for another one too: who may read by IMAP may read by POP3. */
const OPENED_BY: Partial<Record<Scope | "web", readonly string[]>> = { pop3: ["pop3", "imap"] };

/** Those that are good for a scope. App passwords first: they cost nothing, and programs that use them sign in most often. */
function fitting({ credentials }: SignInAccount, scope: Scope | "web"): readonly Credential[] {
  const opening: readonly string[] = OPENED_BY[scope] ?? [scope];
  const opens = (own: string): boolean => opening.includes(own);
  const fit = credentials.filter((one) => one.kind === "password" || one.scopes.some(opens));
  return fit.toSorted((a, b) => a.kind.localeCompare(b.kind));
}

const wrong = (address: string, isRepeated: boolean): MailError =>
  new MailError("credentials_wrong", { address, isRepeated });

/** @throws {MailError} credentials_wrong, account_disabled, unavailable */
async function checkPassword(
  tenancy: Tenancy,
  named: Named,
  password: string,
  scope: Scope | "web",
): Promise<Principal> {
  const { passwords } = tenancy;
  const account = await accountOf(tenancy, named);
  const { address, tenantId } = named;
  const fit = account === undefined || tenantId === undefined ? [] : fitting(account, scope);
  let isRepeated = false;
  for (const one of fit) {
    const verdict = await passwords.verify(one.verifier, password);
    isRepeated ||= verdict === "again";
    if (verdict !== "right" || account === undefined || tenantId === undefined) continue;
    if (account.disabled) throw new MailError("account_disabled", { address });
    await strengthen(tenancy, tenantId, account, one, password);
    await noteUse(tenancy, tenantId, account, one);
    return { tenantId, accountId: account.id, address, name: account.name };
  }
  if (fit.every((one) => one.kind !== "password"))
    isRepeated = (await passwords.pretend(named.given, password)) === "again";
  throw wrong(address, isRepeated);
}

/** Makes what an old or imported password lacks, now that it is known. */
async function strengthen(
  tenancy: Tenancy,
  tenantId: TenantId,
  account: SignInAccount,
  credential: Credential,
  password: string,
): Promise<void> {
  const { db, passwords } = tenancy;
  const isWeak = passwords.needsStrengthening(credential.verifier);
  const isCurrent = credential.scram?.iterations === SCRAM_ITERATIONS;
  if (!isWeak && isCurrent) return;
  const scram = isCurrent
    ? credential.scram
    : await newScramVerifier(tenancy, tenantId, account.id, password);
  if (!isWeak && scram === null) return;
  const verifier = isWeak ? await passwords.hash(password) : credential.verifier;
  await db.tenant(tenantId, (tx) => strengthenCredential(tx, account.id, credential, { verifier, scram }));
}

const HOUR_MS = 3_600_000;

/** A device was here: written once an hour at most. A sign-in costs nothing more in between. */
async function noteUse(
  { db, clock }: Tenancy,
  tenantId: TenantId,
  account: SignInAccount,
  { kind, id, lastUsedAt }: Credential,
): Promise<void> {
  const now = clock();
  if (kind !== "app_password" || (lastUsedAt !== null && now - lastUsedAt < HOUR_MS)) return;
  await db.tenant(tenantId, (tx) => touchDevice(tx, account.id, id, now));
}

/** Checks an address with its password, or with an app password that is good for `scope`.
 * @param client where it comes from: its failures count, and after many it waits
 * @throws {MailError} credentials_wrong with `answerDelayMs`, sign_in_throttled with `retryAfterMs`, account_disabled, unavailable */
export async function signIn(
  tenancy: Tenancy,
  address: string,
  password: string,
  scope: Scope | "web",
  client: SignInClient = OURSELVES,
): Promise<Principal> {
  const named = await nameOf(tenancy, address);
  const { tenantId, given: account } = named;
  return noted(
    tenancy,
    named,
    { client, scope },
    tenancy.guard.guarded({ client, tenantId, account, secret: password }, () =>
      checkPassword(tenancy, named, password, scope),
    ),
  );
}

/** Writes down what came of a sign-in, later: nothing waits for it. What was not tried, since its turn had not come, is none. */
async function noted<T>(
  { signIns }: Tenancy,
  { address, tenantId }: Named,
  { client, scope }: { readonly client: SignInClient; readonly scope: Scope | "web" },
  signingIn: Promise<T>,
): Promise<T> {
  const note = (succeeded: boolean): void => {
    if (tenantId === undefined || address === "" || client === OURSELVES) return;
    signIns.note({ tenantId, address, client, isWeb: scope === "web", succeeded });
  };
  try {
    const result = await signingIn;
    note(true);
    return result;
  } catch (error) {
    if (error instanceof MailError && ["credentials_wrong", "account_disabled"].includes(error.code))
      note(false);
    throw error;
  }
}

/** What a SCRAM exchange is about, found when the client has named itself. */
export interface ScramAccount {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly named: Named;
  readonly account: SignInAccount | undefined;
}

/** What to tell a client that names itself; an address that does not exist gets the same. @throws {MailError} unavailable */
export async function findScramAccount(tenancy: Tenancy, user: string): Promise<ScramAccount> {
  const named = await nameOf(tenancy, user);
  const account = await accountOf(tenancy, named);
  const salt = await scramSalt(tenancy, account?.id ?? named.given);
  return { salt, iterations: SCRAM_ITERATIONS, named, account };
}

/** Keys that nobody has the password of: what is checked for an address that does not exist. */
let nobody: Promise<ScramKeys> | undefined;

/** Checks a proof against every password of the account that is good for `scope`; all have one salt.
 * @returns also what proves to the client that we know it: made with the password that it used
 * @throws {MailError} as `signIn` */
export async function signInByScram(
  tenancy: Tenancy,
  { named, account, iterations }: ScramAccount,
  { authMessage, proof }: ScramProof,
  scope: Scope,
  client: SignInClient,
): Promise<{ readonly principal: Principal; readonly serverSignature: Bytes }> {
  const { address, given, tenantId } = named;
  const secret = `${authMessage}\0${String(proof)}`;
  const signingIn = tenancy.guard.guarded({ client, tenantId, account: given, secret }, async () => {
    nobody ??= deriveScramKeys("nobody", new Uint8Array(16), SCRAM_ITERATIONS);
    const fit = account === undefined ? [] : fitting(account, scope);
    for (const one of fit) {
      if (one.scram?.iterations !== iterations || account === undefined || tenantId === undefined) continue;
      const keys = await openScramVerifier(tenancy, tenantId, account.id, one.scram);
      if (!(await isScramProof(keys, authMessage, proof))) continue;
      if (account.disabled) throw new MailError("account_disabled", { address });
      await noteUse(tenancy, tenantId, account, one);
      const principal = { tenantId, accountId: account.id, address, name: account.name };
      return { principal, serverSignature: await scramServerSignature(keys, authMessage) };
    }
    if (fit.length === 0) await isScramProof(await nobody, authMessage, proof);
    throw wrong(address, false);
  });
  return noted(tenancy, named, { client, scope }, signingIn);
}
