import { deliver, fromKeywords, type MailboxRole, prepareMessage } from "../../../src/mailstore/index.ts";
import { printId } from "../../../src/protocol/jmap/index.ts";
import {
  addDomain,
  createTenant,
  importUsers,
  openWebSession,
  type Principal,
  tenantsMeant,
} from "../../../src/tenants/index.ts";
import { type EdgeRuntime, startRuntime } from "./runtime.ts";

export const PASSWORD = "correct horse battery";

type Args = Readonly<Record<string, unknown>>;

/** A response's arguments, for looking into: `reply["list"]`. */
export type Reply = Readonly<Record<string, any>>; // oxlint-disable-line no-explicit-any -- JSON of every shape is looked into

/** Somebody with a mailbox, and their JMAP client. */
export interface Person {
  readonly principal: Principal;
  readonly address: string;
  /** JMAP id */
  readonly accountId: string;
  readonly authorization: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** A request with these calls; `accountId` is added where it isn't given. */
  request(calls: readonly (readonly [string, Args, string])[]): Promise<[string, Reply, string][]>;
  /** One call. @throws {Error} when the response is an error */
  call(method: string, args?: Args): Promise<Reply>;
  /** One call that has to fail. @returns the error's type */
  refused(method: string, args?: Args): Promise<string>;
  /** Puts a raw message into a mailbox, as SMTP does. @returns its JMAP id */
  deliver(
    raw: string | Uint8Array,
    to?: { role?: MailboxRole; keywords?: string[]; receivedAt?: number },
  ): Promise<string>;
  upload(bytes: string | Uint8Array, type?: string): Promise<string>;
  /** JMAP id of the mailbox with a role. */
  mailbox(role: MailboxRole): Promise<string>;
}

export interface TestEdge extends AsyncDisposable {
  readonly runtime: EdgeRuntime;
  fetch: EdgeRuntime["fetch"];
  /** A tenant with a proven domain. */
  tenant(): Promise<{ readonly slug: string; readonly domain: string }>;
  /** Somebody who is signed in as a browser is: no password is hashed for it, so that many take little time. */
  person(domain: string, options?: { name?: string; local?: string; quotaBytes?: number }): Promise<Person>;
}

/** A name that no other test uses: under workerd all files share a database. */
export function unique(): string {
  return `t${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
}

const toBytes = (raw: string | Uint8Array): Uint8Array =>
  typeof raw === "string" ? new TextEncoder().encode(raw.replaceAll(/\r?\n/g, "\r\n")) : raw;

/** The edge with an empty or shared database: `edge = await startEdge()` in `beforeAll`. */
export async function startEdge(): Promise<TestEdge> {
  const runtime = await startRuntime();
  return {
    runtime,
    fetch: (path, init, client) => runtime.fetch(path, init, client),
    async tenant() {
      const slug = unique();
      await createTenant(runtime.tenancy, { slug, name: slug, kind: "agency" });
      const domain = `${slug}.test`;
      await addDomain(runtime.tenancy, slug, domain, true);
      return { slug, domain };
    },
    async person(domain, { name = "Alex", local = unique(), quotaBytes } = {}) {
      const address = `${local}@${domain}`;
      const { tenancy } = runtime;
      const [tenant] = await tenantsMeant(tenancy, { address });
      if (tenant === undefined) throw new Error(`nobody has ${domain}`);
      const quota = quotaBytes === undefined ? {} : { quotaBytes };
      const { added } = await importUsers(tenancy, tenant.slug, [
        { address, name, password: PASSWORD, ...quota },
      ]);
      const accountId = added[0]?.id;
      if (accountId === undefined) throw new Error("nobody was added");
      const principal = { tenantId: tenant.id, accountId, address, name };
      const cookie = `angelia_session=${await openWebSession(tenancy, principal)}`;
      return newPerson(runtime, principal, { cookie, "sec-fetch-site": "same-origin" });
    },
    async [Symbol.asyncDispose]() {
      await runtime.stop();
    },
  };
}

/** @param signedIn fields of each request that has no credentials of its own */
function newPerson(
  runtime: EdgeRuntime,
  principal: Principal,
  signedIn: Readonly<Record<string, string>>,
): Person {
  const { store } = runtime;
  const { tenantId, accountId: account, address } = principal;
  const accountId = printId("account", account);
  const authorization = `Basic ${btoa(`${address}:${PASSWORD}`)}`;
  const withLogin = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization"))
      for (const [name, value] of Object.entries(signedIn)) if (!headers.has(name)) headers.set(name, value);
    return runtime.fetch(path, { ...init, headers });
  };
  const person: Person = {
    principal,
    address,
    accountId,
    authorization,
    fetch: withLogin,
    async request(calls) {
      const using = ["core", "mail", "submission"].map((name) => `urn:ietf:params:jmap:${name}`);
      const methodCalls = calls.map(([name, args, id]) => [name, { accountId, ...args }, id]);
      const res = await withLogin("/jmap/api", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ using, methodCalls }),
      });
      if (res.status !== 200) throw new Error(`${res.status} ${await res.text()}`);
      return (await res.json<{ methodResponses: [string, Reply, string][] }>()).methodResponses;
    },
    async call(method, args = {}) {
      const [first] = await person.request([[method, args, "c"]]);
      if (first === undefined || first[0] !== method) throw new Error(`${method}: ${JSON.stringify(first)}`);
      return first[1];
    },
    async refused(method, args = {}) {
      const [first] = await person.request([[method, args, "c"]]);
      if (first?.[0] !== "error") throw new Error(`${method} was not refused: ${JSON.stringify(first)}`);
      return String(first[1]["type"]);
    },
    async deliver(raw, { role = "inbox", keywords = [], receivedAt = Date.now() } = {}) {
      const bytes = toBytes(raw);
      const source = {
        size: bytes.length,
        async *chunks() {
          yield bytes;
        },
      };
      const message = await prepareMessage(store, tenantId, source);
      const flags = fromKeywords(keywords);
      const [outcome] = await deliver(store, tenantId, message, [
        { accountId: account, mailbox: { role }, flags, receivedAt },
      ]);
      if (outcome?.outcome !== "delivered") throw new Error(`not delivered: ${outcome?.outcome}`);
      return printId("email", outcome.emailId);
    },
    async upload(bytes, type = "application/octet-stream") {
      const res = await withLogin(`/jmap/upload/${accountId}`, {
        method: "POST",
        headers: { "content-type": type },
        body: bytes,
      });
      if (res.status !== 201) throw new Error(`${res.status} ${await res.text()}`);
      return (await res.json<{ blobId: string }>()).blobId;
    },
    async mailbox(role) {
      const { list } = await person.call("Mailbox/get", { properties: ["role"] });
      return String(list.find((box: Reply) => box["role"] === role)?.["id"]);
    },
  };
  return person;
}

/** The same person with address and password at each request: no session of theirs can be ended. */
export function byPassword(person: Person): Person {
  const fetch: Person["fetch"] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", person.authorization);
    return person.fetch(path, { ...init, headers });
  };
  return { ...person, fetch };
}
