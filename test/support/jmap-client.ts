const CORE = "urn:ietf:params:jmap:core";
const MAIL = "urn:ietf:params:jmap:mail";
const SUBMISSION = "urn:ietf:params:jmap:submission";

type Json = Readonly<Record<string, unknown>>;
export type Call = readonly [method: string, args: Json, id: string];

/** A JMAP client that shows what came back as it is. */
export class JmapClient {
  readonly accountId: string;
  readonly #session: Json;
  readonly #authorization: string;

  private constructor(session: Json, authorization: string, accountId: string) {
    this.#session = session;
    this.#authorization = authorization;
    this.accountId = accountId;
  }

  /** Reads the session with HTTP Basic (RFC 8620 §2). */
  static async connect(webUrl: string, user: string, password: string): Promise<JmapClient> {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const res = await fetch(new URL("/.well-known/jmap", webUrl), { headers: { authorization } });
    if (!res.ok) throw new Error(`JMAP session: HTTP ${res.status} ${await res.text()}`);
    const session = object(await res.json());
    const accountId = object(session["primaryAccounts"])[MAIL];
    if (typeof accountId !== "string") throw new Error("JMAP session: no account for mail");
    return new JmapClient(session, authorization, accountId);
  }

  /** Makes one request; `accountId` is added to each call. @throws {Error} when a call is answered by an error */
  async request(...calls: readonly Call[]): Promise<readonly Json[]> {
    const methodCalls = calls.map(([name, args, id]) => [name, { accountId: this.accountId, ...args }, id]);
    const res = await fetch(this.#url("apiUrl"), {
      method: "POST",
      headers: { authorization: this.#authorization, "content-type": "application/json" },
      body: JSON.stringify({ using: [CORE, MAIL, SUBMISSION], methodCalls }),
    });
    if (!res.ok) throw new Error(`JMAP: HTTP ${res.status} ${await res.text()}`);
    return list(object(await res.json())["methodResponses"]).map((response) => {
      const [name, args] = list(response);
      if (name === "error") throw new Error(`JMAP: ${JSON.stringify(response)}`);
      return object(args);
    });
  }

  /** The octets of a blob (RFC 8620 §6.2). */
  async download(blobId: string): Promise<Buffer> {
    const url = this.#url("downloadUrl")
      .replace("{accountId}", encodeURIComponent(this.accountId))
      .replace("{blobId}", encodeURIComponent(blobId))
      .replace("{name}", "message.eml")
      .replace("{type}", encodeURIComponent("message/rfc822"));
    const res = await fetch(url, { headers: { authorization: this.#authorization } });
    if (!res.ok) throw new Error(`JMAP download: HTTP ${res.status} ${await res.text()}`);
    return Buffer.from(await res.arrayBuffer());
  }

  #url(name: string): string {
    const url = this.#session[name];
    if (typeof url !== "string") throw new Error(`JMAP session: no ${name}`);
    return url;
  }
}

/** @throws {Error} when it is none */
export function object(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`expected an object, not ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value));
}

/** @throws {Error} when it is none */
export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, not ${JSON.stringify(value)}`);
  return value;
}
