import { MailError } from "../../src/kernel/error.ts";
import {
  type BearerRefusal,
  beginScram,
  decodeSaslLine,
  encodeSaslLine,
  endScram,
  parseOauthBearer,
  parseSaslPlain,
  parseXoauth2,
  printBearerRefusal,
  printScramChallenge,
  printScramSuccess,
  type ScramOffer,
  toBase64,
} from "../../src/protocol/sasl/index.ts";
import {
  findScramAccount,
  type Principal,
  signIn,
  signInByScram,
  signInByToken,
  type SignInClient,
  type Tenancy,
} from "../../src/tenants/index.ts";
import { canBind, type Mechanism } from "./mechanisms.ts";

/** A SASL exchange (RFC 4422) in one of our protocols. */
export interface SaslPeer {
  readonly tenancy: Tenancy;
  readonly client: SignInClient;
  readonly scope: "imap" | "smtp" | "pop3";
  /** The data of the channel below (`Connection.channelBinding`). */
  channelBinding(type: string): Uint8Array | undefined;
  /** Sends a challenge in base64. @returns the client's line, without its end; undefined: it is none */
  ask(challenge: string): Promise<string | undefined>;
}

export type SaslOutcome =
  | { readonly kind: "signed-in"; readonly principal: Principal }
  /** The client said "*". */
  | { readonly kind: "cancelled" }
  | { readonly kind: "malformed"; readonly expected: string }
  /** It wants to act as somebody else. */
  | { readonly kind: "not-yourself" }
  /** credentials_wrong, token_refused, sign_in_throttled or account_disabled. */
  | { readonly kind: "refused"; readonly error: MailError };

type Step<T> = { readonly kind: "said"; readonly value: T } | Exclude<SaslOutcome, { kind: "signed-in" }>;

const NONCE_OCTETS = 18;
const malformed = (expected: string): { kind: "malformed"; expected: string } => ({
  kind: "malformed",
  expected,
});

/** The client's next message. @param initial what it sent with its command, in base64 */
async function next(peer: SaslPeer, challenge: string, initial?: string): Promise<Step<string>> {
  const line = initial ?? (await peer.ask(challenge));
  if (line === undefined) return malformed("a line");
  if (line === "*") return { kind: "cancelled" };
  const text = decodeSaslLine(line);
  return text.ok ? { kind: "said", value: text.value } : malformed(text.expected);
}

/** What is refused, as an outcome. @throws what is no refusal */
async function refusals(work: () => Promise<SaslOutcome>): Promise<SaslOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MailError) || error.code === "unavailable" || error.code === "internal")
      throw error;
    return { kind: "refused", error };
  }
}

const sameName = (a: string, b: string): boolean => a === "" || a.toLowerCase() === b.toLowerCase();

function byPassword(peer: SaslPeer, user: string, password: string): Promise<SaslOutcome> {
  const { tenancy, scope, client } = peer;
  return refusals(async () => ({
    kind: "signed-in",
    principal: await signIn(tenancy, user, password, scope, client),
  }));
}

/** RFC 4616. */
async function plain(peer: SaslPeer, initial: string | undefined): Promise<SaslOutcome> {
  const said = await next(peer, "", initial);
  if (said.kind !== "said") return said;
  const parsed = parseSaslPlain(encodeSaslLine(said.value));
  if (!parsed.ok) return malformed(parsed.expected);
  const { authorizationId, authenticationId, password } = parsed.value;
  if (!sameName(authorizationId, authenticationId)) return { kind: "not-yourself" };
  return byPassword(peer, authenticationId, password);
}

/** It has no RFC; old clients of submission know nothing else. */
async function login(peer: SaslPeer, initial: string | undefined): Promise<SaslOutcome> {
  const user = await next(peer, btoa("Username:"), initial);
  if (user.kind !== "said") return user;
  const password = await next(peer, btoa("Password:"));
  return password.kind === "said" ? byPassword(peer, user.value, password.value) : password;
}

/** RFC 5802, RFC 7677. */
async function scram(peer: SaslPeer, isPlus: boolean, initial: string | undefined): Promise<SaslOutcome> {
  const { tenancy, scope, client } = peer;
  const offer: ScramOffer = {
    isPlus,
    plusOffered: canBind(peer),
    channel: (type) => peer.channelBinding(type),
  };
  const wrong: SaslOutcome = { kind: "refused", error: new MailError("credentials_wrong") };
  const opening = await next(peer, "", initial);
  if (opening.kind !== "said") return opening;
  const first = beginScram(opening.value, offer);
  if (first.kind === "malformed") return first;
  if (first.kind === "fault") return wrong;
  const { user, authorizationId, nonce } = first.value;
  if (!sameName(authorizationId, user)) return { kind: "not-yourself" };
  const account = await findScramAccount(tenancy, user);
  const { salt, iterations } = account;
  const challenge = { nonce: nonce + toBase64(tenancy.random(NONCE_OCTETS)), salt, iterations };
  const answer = await next(peer, encodeSaslLine(printScramChallenge(challenge)));
  if (answer.kind !== "said") return answer;
  const final = endScram(answer.value, first.value, challenge, offer);
  if (final.kind === "malformed") return final;
  if (final.kind === "fault") return wrong;
  return refusals(async () => {
    const { principal, serverSignature } = await signInByScram(tenancy, account, final.value, scope, client);
    // The client looks at it, and goes on only when it is right.
    const last = await next(peer, encodeSaslLine(printScramSuccess(serverSignature)));
    if (last.kind !== "said") return last;
    return last.value === "" ? { kind: "signed-in", principal } : malformed("nothing");
  });
}

const isRefusal = (value: unknown): value is BearerRefusal =>
  typeof value === "object" && value !== null && "status" in value && "scope" in value;

/** RFC 7628, and what was there before it. */
async function bearer(
  peer: SaslPeer,
  parse: typeof parseOauthBearer,
  initial: string | undefined,
): Promise<SaslOutcome> {
  const { tenancy, scope, client } = peer;
  const said = await next(peer, "", initial);
  if (said.kind !== "said") return said;
  const parsed = parse(said.value);
  if (!parsed.ok) return malformed(parsed.expected);
  const outcome = await refusals(async () => ({
    kind: "signed-in",
    principal: await signInByToken(tenancy, parsed.value, scope, client),
  }));
  if (outcome.kind !== "refused") return outcome;
  const { refusal } = outcome.error.detail;
  // It hears why in JSON, and says something of no meaning before the exchange may end (RFC 7628 §3.2.3).
  if (isRefusal(refusal)) await peer.ask(encodeSaslLine(printBearerRefusal(refusal)));
  return outcome;
}

/** Runs one exchange to its end.
 * @param initial the client's first message in base64, as it stood in its command ("=" when it is empty)
 * @throws {MailError} unavailable @throws what `ask` throws */
export function runSasl(
  peer: SaslPeer,
  mechanism: Mechanism,
  initial: string | undefined,
): Promise<SaslOutcome> {
  return MECHANISMS[mechanism](peer, initial);
}

const MECHANISMS: Readonly<
  Record<Mechanism, (peer: SaslPeer, initial: string | undefined) => Promise<SaslOutcome>>
> = {
  PLAIN: plain,
  LOGIN: login,
  "SCRAM-SHA-256": (peer, initial) => scram(peer, false, initial),
  "SCRAM-SHA-256-PLUS": (peer, initial) => scram(peer, true, initial),
  OAUTHBEARER: (peer, initial) => bearer(peer, parseOauthBearer, initial),
  XOAUTH2: (peer, initial) => bearer(peer, parseXoauth2, initial),
};
