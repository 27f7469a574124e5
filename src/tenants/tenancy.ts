import type { KeyRing } from "../blob/index.ts";
import type { Db } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import type { DomainCache } from "./domain-cache.ts";
import type { MailPolicyCache } from "./mail-policy-cache.ts";
import type { OauthIssuers } from "./oauth-issuers.ts";
import type { Passwords } from "./passwords.ts";
import type { RecipientCache } from "./recipient-cache.ts";
import type { SignInLog } from "./sign-in-log.ts";
import type { SignInGuard } from "./sign-in-guard.ts";

/** What the functions of this module stand on; made once per process by `newTenancy`. */
export interface Tenancy {
  readonly db: Db;
  readonly keys: KeyRing;
  readonly passwords: Passwords;
  /** Asked by all protocols before a password is looked at. */
  readonly guard: SignInGuard;
  /** Who has signed in from where. */
  readonly signIns: SignInLog;
  readonly oauth: OauthIssuers;
  readonly domains: DomainCache;
  readonly recipients: RecipientCache;
  readonly policies: MailPolicyCache;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** New agencies get `<slug>.<this>` at once. */
  readonly hostedDomain: string;
}

/** Who has signed in. */
export interface Principal {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  /** The address that was signed in with, in canonical form. */
  readonly address: string;
  readonly name: string;
}
