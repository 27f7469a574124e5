import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { changeRole } from "../../src/tenants/index.ts";
import { PASSWORD, type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  "x-permission": z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional() }))
    .default([]),
  requestBody: z
    .looseObject({ required: z.boolean().optional(), content: z.record(z.string(), z.unknown()) })
    .optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string().min(1) })),
});
const Document = z.looseObject({
  openapi: z.literal("3.1.0"),
  info: z.looseObject({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

const Schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  minLength: z.number().optional(),
  minimum: z.number().optional(),
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), z.unknown()).default({}),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});

interface Known {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: z.output<typeof Operation>;
}

type Somebody = Pick<Person, "address" | "fetch">;

let edge: TestEdge;
let document: z.output<typeof Document>;
let operations: readonly Known[];
let domain: string;
let owner: Somebody;
let nobody: Somebody;
let strangersDomain: string;
let stranger: Somebody;
beforeAll(async () => {
  edge = await startEdge();
  const res = await edge.fetch("/v1/openapi.json");
  document = Document.parse(await res.json());
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
  ({ domain } = await edge.tenant());
  [owner, nobody] = [await person(domain, true), await person(domain, false)];
  ({ domain: strangersDomain } = await edge.tenant());
  stranger = await person(strangersDomain, true);
});
afterAll(() => edge[Symbol.asyncDispose]());

/** Somebody at a browser: no password is checked at each of the many requests. */
async function person(of: string, isOwner: boolean): Promise<Somebody> {
  const made = await edge.person(of);
  if (isOwner) await changeRole(edge.runtime.tenancy, made.address, "owner", "grant");
  const res = await edge.fetch("/session", {
    method: "POST",
    body: JSON.stringify({ address: made.address, password: PASSWORD }),
    headers: { "content-type": "application/json" },
  });
  const cookie = res.headers.get("set-cookie")?.split(";")[0] ?? "";
  return {
    address: made.address,
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set("cookie", cookie);
      headers.set("sec-fetch-site", "same-origin");
      return edge.fetch(path, { ...init, headers });
    },
  };
}

const NOTHING = "0190a1b2-0000-7000-8000-000000000001";

/** The address of an operation, with something for each of its parameters. */
const at = (known: Known, fill: (parameter: string) => string): string =>
  `/v1${known.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(fill(name)))}`;

const hasBody = ({ operation }: Known): boolean => operation.requestBody !== undefined;
const takesJson = ({ operation }: Known): boolean =>
  Object.keys(operation.requestBody?.content ?? {}).includes("application/json");

/** Something that a schema takes, as far as its words tell: what is named in it belongs to the stranger. */
function sample(schema: unknown, under = ""): unknown {
  const one = Schema.parse(schema ?? {});
  const [choice] = one.anyOf ?? one.oneOf ?? [];
  if (choice !== undefined) return sample(choice, under);
  if ("const" in one && one.const !== undefined) return one.const;
  if (one.enum !== undefined) return one.enum[0];
  switch ((Array.isArray(one.type) ? one.type[0] : one.type) ?? "string") {
    case "object":
      return Object.fromEntries(one.required.map((name) => [name, sample(one.properties[name], name)]));
    case "array":
      return [sample(one.items, under)];
    case "integer":
    case "number":
      return one.minimum ?? 1;
    case "boolean":
      return false;
    default:
      if (one.format === "uuid") return NOTHING;
      if (one.format === "date-time") return new Date(Date.now() + 3_600_000).toISOString();
      if (/domain/i.test(under)) return strangersDomain;
      if (/address|target|member|email/i.test(under) || one.format === "email") return stranger.address;
      return "x".repeat(Math.max(12, one.minLength ?? 0));
  }
}

/** A body that is right, as far as its schema tells. */
const bodyOf = ({ operation }: Known): { readonly body?: unknown } => {
  const content = operation.requestBody?.content["application/json"];
  const { schema } = z.looseObject({ schema: z.unknown() }).parse(content ?? { schema: null });
  return content === undefined ? {} : { body: sample(schema) };
};

async function ask(
  who: Somebody | null,
  known: Known,
  { path, body }: { readonly path: string; readonly body?: unknown },
): Promise<{ readonly status: number; readonly text: string }> {
  const init: RequestInit = {
    method: known.method,
    headers: {
      "sec-fetch-site": "same-origin",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const res = await (who === null ? edge.fetch(path, init) : who.fetch(path, init));
  return { status: res.status, text: await res.text() };
}

/** What each operation gives to a question, where it is not what it should be. */
async function differing(
  list: readonly Known[],
  question: (known: Known) => Promise<unknown>,
  wanted: unknown,
): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const known of list) {
    const got = await question(known);
    if (JSON.stringify(got) !== JSON.stringify(wanted)) found.push([known.name, got]);
  }
  return found;
}

/** What somebody gets to hear, with ids of nothing and a body of nothing. */
const statusFor =
  (who: Somebody | null) =>
  async (known: Known): Promise<number> => {
    const body = hasBody(known) ? { body: {} } : {};
    return (await ask(who, known, { path: at(known, () => NOTHING), ...body })).status;
  };

const refused = async (known: Known): Promise<unknown> => {
  const { status, text } = await ask(owner, known, {
    path: at(known, () => NOTHING),
    body: { nonsense: 1 },
  });
  const problem = z.looseObject({ code: z.string() }).safeParse(text === "" ? null : JSON.parse(text));
  return [status, problem.data?.code];
};

const lists = (): readonly Known[] =>
  operations.filter(({ method, path }) => method === "GET" && !path.includes("{"));

describe("the document of the API", () => {
  test("is there for everybody, and says how one signs in and what fails", () => {
    expect(Object.keys(document.components.securitySchemes).toSorted()).toEqual([
      "apiKey",
      "password",
      "session",
    ]);
    for (const word of ["RFC 9457", "Idempotency-Key", "cursor", "RateLimit", "webhooks", "angelia-key."])
      expect(document.info.description).toContain(word);
    const { schemas } = document.components;
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(["Problem", "ApiKey", "AuditRow", "Group"]));
    for (const { name, operation } of operations)
      expect([name, Object.keys(operation.responses)]).toEqual([
        name,
        expect.arrayContaining(["401", "403", "429"]),
      ]);
    expect(document.servers).toEqual([{ url: "/v1" }]);
    expect(operations.length).toBeGreaterThan(40);
  });

  test("names each operation once, with its permission, and no path twice", () => {
    const ids = operations.map((one) => one.operation.operationId);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const strange = operations.filter(
      ({ path, operation }) =>
        !/^self$|^[a-z-]+:(?:read|write|help)$/.test(operation["x-permission"]) ||
        path.includes("//") ||
        path.includes(":") ||
        path.endsWith("/") ||
        Object.keys(operation.responses).every((status) => !status.startsWith("2")),
    );
    expect(strange.map((one) => one.name)).toEqual([]);
  });

  test("lets no key do what is a person's own", () => {
    const open = operations.filter(
      ({ operation }) =>
        operation.security.some((one) => "apiKey" in one) === (operation["x-permission"] === "self"),
    );
    expect(open.map((one) => one.name)).toEqual([]);
  });
});

describe("every operation", () => {
  test("asks who it is: 401 without credentials", async () => {
    expect(await differing(operations, statusFor(null), 401)).toEqual([]);
  });

  test("asks for its permission: 403 for a person without roles, unless it is everybody's own", async () => {
    const guarded = operations.filter(({ operation }) => operation["x-permission"] !== "self");
    expect(await differing(guarded, statusFor(nobody), 403)).toEqual([]);
  });

  test("refuses what it does not know: 400 with the code", async () => {
    const bodies = operations.filter((known) => takesJson(known));
    expect(bodies.length).toBeGreaterThan(10);
    expect(await differing(bodies, refused, [400, "invalid_input"])).toEqual([]);
  });

  test("knows nothing by ids of nobody, well formed or not: 404", async () => {
    const looking = operations.filter(({ method, path }) => path.includes("{") && method !== "PUT");
    const found: unknown[] = [];
    const ask404 = async (known: Known, id: string): Promise<void> => {
      const isAsked = known.operation.requestBody?.required === true;
      const question = { path: at(known, () => id), ...(isAsked ? bodyOf(known) : {}) };
      const { status } = await ask(owner, known, question);
      // What a name may not be, or a body that is not right yet, is refused for that.
      const isMalformed = status === 400 && (isAsked || known.path.startsWith("/domains/"));
      if (status !== 404 && !isMalformed) found.push([known.name, id, status]);
    };
    for (const known of looking)
      await Promise.all(
        [NOTHING, "nonsense", `nobody@${domain}`, "no.such.test"].map((id) => ask404(known, id)),
      );
    expect(found).toEqual([]);
  }, 120_000);
});

/** Ids, domains and addresses that stand in an answer, under the name that they have there. */
function namesIn(value: unknown, into: Map<string, Set<string>>, under = ""): void {
  if (Array.isArray(value)) for (const one of value) namesIn(one, into, under);
  else if (typeof value === "object" && value !== null)
    for (const [name, one] of Object.entries(value)) namesIn(one, into, name);
  else if (typeof value === "string" && value.length > 3 && value.length < 320) {
    const of = into.get(under) ?? new Set<string>();
    into.set(under, of.add(value));
  }
}

/** One of each thing that a program can make without the world outside. */
async function furnish(): Promise<void> {
  const made: readonly (readonly [string, unknown])[] = [
    ["/v1/groups", { address: `team@${domain}`, name: "Team" }],
    ["/v1/aliases", { alias: `desk@${domain}`, target: nobody.address }],
    ["/v1/api-keys", { label: "bot", permissions: ["overview:read"] }],
    ["/v1/suppressions", { address: `no@${domain}` }],
    ["/v1/holds", { address: nobody.address }],
  ];
  for (const [path, value] of made) {
    const res = await owner.fetch(path, {
      method: "POST",
      body: JSON.stringify(value),
      headers: { "content-type": "application/json" },
    });
    expect([path, res.status]).toEqual([path, 201]);
  }
  const away = await owner.fetch(`/v1/forwards/${nobody.address}`, {
    method: "PUT",
    body: JSON.stringify({ targets: ["x@elsewhere.test"] }),
    headers: { "content-type": "application/json" },
  });
  expect(away.status).toBe(204);
  await owner.fetch(`/v1/domains/${domain}/dkim`);
}

describe("another agency", () => {
  test("sees nothing in any list, and can't name what is there", async () => {
    await furnish();
    const names = new Map<string, Set<string>>();
    for (const known of lists()) {
      const { status, text } = await ask(owner, known, { path: `/v1${known.path}` });
      if (status === 200 && text.startsWith("{")) namesIn(JSON.parse(text), names);
    }
    const ids = new Set([...names].flatMap(([name, of]) => (/id$/i.test(name) ? [...of] : [])));
    const addresses = new Set(
      [...names.values()].flatMap((of) => [...of].filter((one) => one.endsWith(`@${domain}`))),
    );
    expect(ids.size).toBeGreaterThan(1);
    expect(addresses).toContain(`team@${domain}`);

    for (const known of lists()) {
      const { text } = await ask(stranger, known, { path: `/v1${known.path}` });
      expect([known.name, text.includes(domain)]).toEqual([known.name, false]);
      for (const id of ids)
        expect([known.name, id, text.includes(id) && !isEverybodys(known.path)]).toEqual([
          known.name,
          id,
          false,
        ]);
    }

    const before = await everythingOf();
    const found: unknown[] = [];
    const steal = async (known: Known, name: string): Promise<void> => {
      const question = { path: at(known, () => name), ...bodyOf(known) };
      const { status, text } = await ask(stranger, known, question);
      const isRefused = status === 404 || (status === 400 && (hasBody(known) || name !== NOTHING));
      const isOwn = known.method === "PUT" && status < 300 && !text.includes(domain);
      if (!isRefused && !isOwn) found.push([known.name, name, status]);
    };
    for (const known of operations)
      if (known.path.includes("{") && known.operation["x-permission"] !== "self")
        await Promise.all([...ids, ...addresses, domain, NOTHING].map((name) => steal(known, name)));
    expect(found).toEqual([]);
    expect(await everythingOf()).toEqual(before);
  }, 120_000);
});

/** What the operator says is the same for all agencies. */
const isEverybodys = (path: string): boolean => path.startsWith("/incidents") || path === "/status";

/** All that the owner is told in lists, without what time and looking change. */
async function everythingOf(): Promise<unknown> {
  const told: [string, unknown][] = [];
  for (const known of operations) {
    if (known.method !== "GET" || known.path.includes("{") || /export$|^\/me\/|^\/security/.test(known.path))
      continue;
    const { status, text } = await ask(owner, known, { path: `/v1${known.path}` });
    if (status === 200) told.push([known.path, text.replaceAll(/"[^"]*(?:At|Ends|now)":[^,}]+/g, "")]);
  }
  return told;
}
