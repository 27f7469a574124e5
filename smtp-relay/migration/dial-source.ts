import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP } from "node:net";
import { ImapFlow } from "imapflow";
import { type Credentials, type ServerSettings, SourceError } from "../../src/migration/index.ts";
import { isPublicAddress } from "../domains/public-address.ts";

/** A server that says nothing for so long is gone. */
export interface SourceTimes {
  readonly connectMs: number;
  readonly silenceMs: number;
}

export interface DialOptions {
  /** `ANGELIA_MIGRATION_PRIVATE_HOSTS`: hosts of private networks and of this machine may be old servers. */
  readonly privateHosts: boolean;
  readonly times: SourceTimes;
}

export const SOURCE_TIMES: SourceTimes = { connectMs: 20_000, silenceMs: 90_000 };

/** One message that is fetched as a whole; larger ones come in pieces. */
const LITERAL_MAX = 64 * 1024 * 1024;

/** The address that is dialled: it is looked up once, so that no answer of a second look-up leads elsewhere.
 * @throws {SourceError} dns, private_address */
async function addressOf(host: string, privateHosts: boolean): Promise<string> {
  let found: readonly { readonly address: string }[];
  try {
    found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  } catch (error) {
    throw new SourceError("dns", `there is no host ${host}`, false, { cause: error });
  }
  const first = found.find(({ address }) => privateHosts || isPublicAddress(address));
  if (first === undefined)
    throw found.length === 0
      ? new SourceError("dns", `there is no host ${host}`, false)
      : new SourceError("private_address", `${host} is in a private network`, true);
  return first.address;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
/** A field of an error of the library, which adds its own. */
const fieldOf = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null
    ? Object.entries(error).find(([key]) => key === name)?.[1]
    : undefined;

const CERTIFICATE = /CERT|SELF_SIGNED|ISSUER|ALTNAME|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH/;
const NOT_TLS = /SSL|TLS|EPROTO|WRONG_VERSION/;
const ANSWERS_LESS = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EACCES"]);
const TOO_LATE = new Set(["CONNECT_TIMEOUT", "ETIMEDOUT", "ETIMEOUT", "GREETING_TIMEOUT", "UPGRADE_TIMEOUT"]);

/** What an error says of the old server, in a word that everybody can look up. */
export function sourceErrorOf(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const code = textOf(fieldOf(error, "code"));
  const said = textOf(fieldOf(error, "responseText")) || (error instanceof Error ? error.message : "");
  const make = (name: string, isFinal: boolean): SourceError =>
    new SourceError(name, said.slice(0, 300), isFinal, { cause: error });
  if (fieldOf(error, "authenticationFailed") === true) {
    // RFC 5530: these pass by themselves.
    const answer = textOf(fieldOf(error, "serverResponseCode"));
    return make("login", !/^(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)$/.test(answer));
  }
  if (CERTIFICATE.test(code)) return make("certificate", true);
  if (TOO_LATE.has(code)) return make("timeout", false);
  if (ANSWERS_LESS.has(code)) return make("connect", false);
  if (NOT_TLS.test(code) || NOT_TLS.test(said)) return make("tls", true);
  return make("cut", false);
}

const TALKS = /^\* (OK|PREAUTH|BYE)\b/i;

/** What is on a port that does not behave: whatever says something else than IMAP first is not IMAP. */
async function firstWords(host: string, port: number, waitMs: number): Promise<string> {
  const socket = connectTcp({ host, port });
  const said = Promise.withResolvers<string>();
  const timer = setTimeout(() => said.resolve(""), waitMs);
  socket.once("data", (octets) => said.resolve(octets.toString("latin1").slice(0, 200)));
  socket.once("error", () => said.resolve(""));
  socket.once("close", () => said.resolve(""));
  try {
    return await said.promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Opens a connection to the old server and signs in.
 * @throws {SourceError} see `SourceProblem` */
export async function dialSource(
  settings: ServerSettings,
  credentials: Credentials,
  { privateHosts, times }: DialOptions,
): Promise<ImapFlow> {
  const { host, port, security, allowAnyCertificate } = settings;
  const address = await addressOf(host, privateHosts);
  const { user, password, token, authorizeAs } = credentials;
  const client = new ImapFlow({
    host: address,
    port,
    secure: security === "tls",
    doSTARTTLS: security === "starttls",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    tls: { rejectUnauthorized: !allowAnyCertificate, minVersion: "TLSv1.2" },
    auth: {
      user,
      ...(password === undefined ? {} : { pass: password }),
      ...(token === undefined ? {} : { accessToken: token }),
      ...(authorizeAs === undefined ? {} : { authzid: authorizeAs, loginMethod: "AUTH=PLAIN" }),
    },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: times.connectMs,
    greetingTimeout: times.connectMs,
    socketTimeout: times.silenceMs,
    maxLiteralSize: LITERAL_MAX,
    maxLineLength: LITERAL_MAX,
    clientInfo: { name: "Angelia" },
  });
  // Without somebody who listens an error between two commands would end the process; the next command fails by itself.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.close();
    const told = sourceErrorOf(error);
    if (told.code !== "cut" && told.code !== "timeout" && told.code !== "tls") throw told;
    const words = security === "tls" ? "" : await firstWords(address, port, Math.min(2_000, times.connectMs));
    if (words !== "" && !TALKS.test(words))
      throw new SourceError("not_imap", "something else than IMAP answers there", true, { cause: error });
    if (words !== "" && security === "starttls" && told.code === "cut")
      throw new SourceError("tls", "the server offers no STARTTLS", true, { cause: error });
    throw told;
  }
}
