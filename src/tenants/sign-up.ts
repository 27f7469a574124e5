import type {
  SignupProblem,
  SignupProposal,
  SignupProposalRequest,
  SignupRequest,
} from "../contract/signup.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { insertAccounts, insertAliases, insertRole } from "./account.store.ts";
import { insertAudit } from "./audit.store.ts";
import { setPasswordScram } from "./credential.store.ts";
import { insertDomain } from "./domain.store.ts";
import { localPartFor, localPartProblem, slugFor, slugProblem } from "./propose-names.ts";
import { newScramVerifier } from "./scram-verifier.ts";
import type { Principal, Tenancy } from "./tenancy.ts";
import { findTenantBySlug, insertTenant, insertUnverified } from "./tenant.store.ts";

/** What a person of a new agency may store; an administrator or the operator changes it. */
export const DEFAULT_QUOTA_BYTES = 10 * 2 ** 30;
const NAME_MAX = 200;
const TRIES = 50;

async function isTaken(tenancy: Tenancy, slug: string): Promise<boolean> {
  const domain = `${slug}.${tenancy.hostedDomain}`;
  if ((await tenancy.domains.tenantsOf([domain])).has(domain)) return true;
  return (
    (await tenancy.db.system("is this short name taken", (tx) => findTenantBySlug(tx, slug))) !== undefined
  );
}

/** The first of `slug-2`, `slug-3`, … that is free. */
async function freeSlug(tenancy: Tenancy, slug: string): Promise<string | undefined> {
  const stem = slug.slice(0, 58).replace(/-+$/, "");
  for (let n = 2; n < TRIES; n++)
    if (slugProblem(`${stem}-${n}`) === null && !(await isTaken(tenancy, `${stem}-${n}`)))
      return `${stem}-${n}`;
  return undefined;
}

function nameProblem(field: "agencyName" | "personName", name: string): SignupProblem[] {
  if (name === "") return [{ field, code: "too_short" }];
  return name.length > NAME_MAX ? [{ field, code: "too_long" }] : [];
}

const suggest = (value: string | undefined): { suggestion?: string } =>
  value === undefined || value === "" ? {} : { suggestion: value };

/** Proposes an address for a new agency, and says what is wrong with what was typed. Stores nothing. */
export async function proposeSignup(tenancy: Tenancy, input: SignupProposalRequest): Promise<SignupProposal> {
  const agencyName = input.agencyName.trim();
  const personName = input.personName.trim();
  const proposedSlug = slugFor(agencyName);
  const proposedLocal = localPartFor(personName);
  let slug = input.slug?.trim().toLowerCase() ?? proposedSlug;
  let localPart = input.localPart?.trim().toLowerCase() ?? proposedLocal;
  const problems: SignupProblem[] = [
    ...nameProblem("agencyName", agencyName),
    ...nameProblem("personName", personName),
  ];

  const badSlug = slugProblem(slug) ?? ((await isTaken(tenancy, slug)) ? "taken" : null);
  if (badSlug !== null) {
    const stem = slugProblem(slug) === null || badSlug === "reserved" ? slug : proposedSlug;
    const free =
      slugProblem(stem) === null && !(await isTaken(tenancy, stem))
        ? stem
        : await freeSlug(tenancy, stem === "" ? "agency" : stem);
    // Nobody typed it: propose the free one at once instead of a problem.
    if (input.slug === undefined && free !== undefined) slug = free;
    else problems.push({ field: "slug", code: badSlug, ...suggest(free) });
  }
  const badLocal = localPartProblem(localPart);
  if (badLocal !== null) {
    const better = [proposedLocal, `${localPart}.${slug}`, `me.${slug}`].find(
      (one) => localPartProblem(one) === null,
    );
    if (input.localPart === undefined && better !== undefined && personName !== "") localPart = better;
    else problems.push({ field: "localPart", code: badLocal, ...suggest(better) });
  }
  const domain = `${slug}.${tenancy.hostedDomain}`;
  return { slug, localPart, domain, address: `${localPart}@${domain}`, problems };
}

/** SCRAM's form of the owner's password is sealed under the tenant's key, which is there only now. A process that dies before this leaves
 * it to the first sign-in with the password itself. */
async function rememberScram(
  tenancy: Tenancy,
  tenantId: TenantId,
  accountId: AccountId,
  verifier: string,
  password: string,
): Promise<void> {
  const scram = await newScramVerifier(tenancy, tenantId, accountId, password);
  if (scram === null) return;
  await tenancy.db.tenant(tenantId, (tx) => setPasswordScram(tx, accountId, verifier, scram));
}

/** Makes an agency with its domain, its first person as owner, and their mailbox, in one commit.
 * @throws {MailError} tenant_exists, domain_exists (the slug is taken), invalid_input (reserved or malformed; `detail.errors`
 * is `[{ field, code }]`), unavailable */
export async function signUp(tenancy: Tenancy, input: SignupRequest): Promise<Principal> {
  const checks = [
    { field: "slug", code: slugProblem(input.slug) },
    { field: "localPart", code: localPartProblem(input.localPart) },
  ];
  const errors = checks.filter((check) => check.code !== null);
  if (errors.length > 0) throw new MailError("invalid_input", { errors });

  const tenantId = TenantId.parse(newUuid(tenancy.clock, tenancy.random));
  const accountId = AccountId.parse(newUuid(tenancy.clock, tenancy.random));
  const domain = `${input.slug}.${tenancy.hostedDomain}`;
  const address = `${input.localPart}@${domain}`;
  const verifier = await tenancy.passwords.hash(input.password);
  await tenancy.db.tenant(tenantId, async (tx) => {
    await insertTenant(tx, { slug: input.slug, name: input.agencyName, kind: "agency" });
    await insertUnverified(tx);
    await tenancy.keys.addKey(tx);
    await insertDomain(tx, domain, true);
    const owner = {
      id: accountId,
      address,
      name: input.personName,
      quotaBytes: DEFAULT_QUOTA_BYTES,
      locale: input.locale,
      verifier,
    };
    await insertAccounts(tx, [owner]);
    await insertAliases(tx, accountId, [`postmaster@${domain}`, `abuse@${domain}`]);
    await insertRole(tx, accountId, "owner");
    await insertAudit(tx, {
      actor: address,
      action: "tenant.sign_up",
      subject: input.slug,
      detail: { consent: true },
    });
  });
  await rememberScram(tenancy, tenantId, accountId, verifier, input.password);
  return { tenantId, accountId, address, name: input.personName };
}
