import type { KeyRing } from "../blob/index.ts";
import type { Db } from "../db/index.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import { DomainCache } from "./domain-cache.ts";
import { MailPolicyCache } from "./mail-policy-cache.ts";
import { OauthIssuers } from "./oauth-issuers.ts";
import { Passwords, type Scrypt } from "./passwords.ts";
import { RecipientCache } from "./recipient-cache.ts";
import { SignInLog } from "./sign-in-log.ts";
import { SignInGuard } from "./sign-in-guard.ts";
import type { Tenancy } from "./tenancy.ts";

/** Puts together what the functions of this module stand on. */
export function newTenancy(deps: {
  readonly db: Db;
  readonly keys: KeyRing;
  readonly scrypt: Scrypt;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly hostedDomain: string;
}): Tenancy {
  const { db, keys, scrypt, clock, random, hostedDomain } = deps;
  const passwords = new Passwords(scrypt, keys, clock, random);
  return {
    db,
    keys,
    passwords,
    guard: new SignInGuard({ db, keys, clock }),
    signIns: new SignInLog({ db, clock }),
    oauth: new OauthIssuers(db, clock),
    domains: new DomainCache(db, clock),
    recipients: new RecipientCache(clock),
    policies: new MailPolicyCache(db, clock),
    clock,
    random,
    hostedDomain,
  };
}
