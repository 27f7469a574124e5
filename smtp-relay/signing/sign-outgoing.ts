import { createHash } from "node:crypto";
import { type BlobSource, joinSources, sourceOf } from "../../src/blob/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { Log } from "../../src/kernel/ports.ts";
import { normalizeDomain, parseAddressList } from "../../src/protocol/address/index.ts";
import { RelaxedBody, signedHeader } from "../../src/protocol/dkim/index.ts";
import { headerText, parseHeaders } from "../../src/protocol/header/index.ts";
import {
  forgetSigningKeys,
  type Signing,
  type SigningKey,
  signHeader,
  signingKeysFor,
} from "../../src/signing/index.ts";
import { HOUSE_TENANT } from "../../src/tenants/index.ts";
import { decideSigner } from "./decide-signer.ts";
import type { DomainPreparer } from "./prepare-domain.ts";
import { splitHeader } from "./split-header.ts";

export interface SignerDeps {
  readonly signing: Signing;
  readonly log: Log;
  /** Sees that a domain without keys gets them; undefined: the periodic job alone does. */
  readonly preparer?: DomainPreparer | undefined;
}

/** What is known of a message that leaves. */
export interface Outgoing {
  readonly submissionId: string;
  /** "" is the null path */
  readonly mailFrom: string;
  /** null: it comes from us (a notice, a report, a forward) */
  readonly accountId: string | null;
}

/** Signs a message as it leaves, after every conversion: a DKIM-Signature of each key of its author's domain, or of the domain that
 * forwards it, is put before it. The body is read once for that and never held. A message without a key goes as it is: a missing
 * signature stops no mail. @throws {MailError} unavailable, blob_unknown */
export async function signOutgoing(
  deps: SignerDeps,
  tenantId: TenantId,
  message: Outgoing,
  content: BlobSource,
): Promise<BlobSource> {
  const { signing, log } = deps;
  const { header, body } = await splitHeader(content);
  const authors = authorDomains(header);
  const signer = decideSigner({ ...message, authors });
  if (signer === null) {
    log.info("dkim_unsigned", { submissionId: message.submissionId, why: "no_domain" });
    return content;
  }
  const keys = await keysOf(deps, tenantId, message, signer);
  if (keys.length === 0) {
    log.info("dkim_unsigned", { submissionId: message.submissionId, why: "no_key", domain: signer });
    return content;
  }
  const fields = await signHeader(signedHeader(header), keys, await hashBody(body), signing.clock());
  return joinSources(sourceOf(new TextEncoder().encode(fields)), content);
}

/** The keys of the tenant's own domain; what is in our own name is signed by us. */
async function keysOf(
  { signing, preparer }: SignerDeps,
  tenantId: TenantId,
  { accountId }: Outgoing,
  domain: string,
): Promise<readonly SigningKey[]> {
  const tenants = accountId === null ? [...new Set([tenantId, HOUSE_TENANT])] : [tenantId];
  const find = async (): Promise<readonly SigningKey[]> => {
    for (const one of tenants) {
      const keys = await signingKeysFor(signing, one, domain);
      if (keys.length > 0) return keys;
    }
    return [];
  };
  const keys = await find();
  if (keys.length > 0 || preparer === undefined) return keys;
  let isPrepared = false;
  for (const one of tenants) {
    if (!(await preparer.prepare(one, domain))) continue;
    // What was found missing while the key was made is remembered as missing.
    forgetSigningKeys(signing, one, domain);
    isPrepared = true;
  }
  return isPrepared ? find() : keys;
}

/** The domains of all From addresses, each once. */
function authorDomains(header: Uint8Array): string[] {
  const domains = new Set<string>();
  for (const field of parseHeaders(header)) {
    if (field.name.toLowerCase() !== "from") continue;
    for (const item of parseAddressList(headerText(header, field.valueStart, field.valueEnd)))
      for (const box of "group" in item ? item.members : [item]) domains.add(canonical(box.domain));
  }
  return [...domains];
}

function canonical(domain: string): string {
  const parsed = normalizeDomain(domain);
  return parsed.ok ? parsed.value : "";
}

async function hashBody(body: () => AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  const relaxed = new RelaxedBody();
  const give = (piece: Uint8Array): void => void hash.update(piece);
  for await (const chunk of body()) relaxed.push(chunk, give);
  relaxed.end(give);
  return hash.digest("base64");
}
