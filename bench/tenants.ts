import { setTimeout as sleep } from "node:timers/promises";
import { startSystem, type System } from "../test/support/system.ts";
import { describeMachine } from "./machine.ts";

export interface TenantsOptions {
  readonly tenants: number;
  /** of each tenant, beside its owner */
  readonly people: number;
  /** of each route and tenant */
  readonly requests: number;
}

const PASSWORD = "measured by the second";
/** Agencies that are made at the same time, as on a busy day. */
const AT_ONCE = 4;
const GROUP = 100;
const ROUTES = [
  // Asks no database: what it takes longer later is the machine's doing.
  "control",
  "people list",
  "overview",
  "audit log",
  "domains",
  "groups",
  "move-in list",
  "sign-in",
] as const;
type Route = (typeof ROUTES)[number];
const PATHS: Readonly<Record<Exclude<Route, "sign-in">, string>> = {
  control: "/signup/config",
  "people list": "/v1/people?limit=50",
  overview: "/v1/overview",
  "audit log": "/v1/audit?limit=50",
  domains: "/v1/domains",
  groups: "/v1/groups",
  "move-in list": "/v1/onboarding",
};

interface Agency {
  readonly slug: string;
  readonly owner: string;
  readonly cookie: string;
}

/** Milliseconds of each request. */
type Times = Map<Route, number[]>;

async function ask(
  system: System,
  path: string,
  init: RequestInit,
  cookie?: string,
): Promise<{ readonly body: unknown; readonly cookie: string }> {
  const headers = new Headers(init.headers);
  headers.set("sec-fetch-site", "same-origin");
  if (cookie !== undefined) headers.set("cookie", cookie);
  const res = await fetch(new URL(path, system.webUrl), { ...init, headers });
  const text = await res.text();
  if (!res.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${res.status} ${text.slice(0, 300)}`);
  return {
    body: text.startsWith("{") ? JSON.parse(text) : null,
    cookie: res.headers.get("set-cookie")?.split(";")[0] ?? "",
  };
}

const asJson = (value: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

const fieldOf = (value: unknown, name: string): string =>
  typeof value === "object" && value !== null
    ? String(Object.entries(value).find(([key]) => key === name)?.[1])
    : "";

/** Signs an agency up and brings its people in by a list, as a clerk does. @returns milliseconds of both */
async function makeAgency(
  system: System,
  n: number,
  people: number,
): Promise<{ readonly agency: Agency; readonly signUpMs: number; readonly importMs: number }> {
  const slug = `agency-${n}`;
  const begun = performance.now();
  const signUp = { agencyName: `Agency ${n}`, personName: "The Owner", slug, localPart: "owner" };
  const more = { password: PASSWORD, consent: true, locale: "en" };
  const { body, cookie } = await ask(system, "/signup", asJson({ ...signUp, ...more }));
  const signedUp = performance.now();
  if (people > 0) {
    const lines = Array.from({ length: people }, (_, i) => `p${i},Person ${i} of ${n}\n`);
    const list = {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: `address,name\n${lines.join("")}`,
    };
    const checked = await ask(system, "/v1/people-imports?access=invite", list, cookie);
    const path = `/v1/people-imports/${fieldOf(checked.body, "id")}`;
    let { body: state } = await ask(system, `${path}/start`, asJson({}), cookie);
    while (fieldOf(state, "state") !== "done") {
      await sleep(20);
      ({ body: state } = await ask(system, path, {}, cookie));
    }
    if (fieldOf(state, "created") !== String(people))
      throw new Error(`not all were made: ${JSON.stringify(state)}`);
  }
  const done = performance.now();
  const agency = { slug, owner: fieldOf(body, "address"), cookie };
  return { agency, signUpMs: signedUp - begun, importMs: done - signedUp };
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
const percentile = (values: readonly number[], share: number): number =>
  at(
    values.toSorted((a, b) => a - b),
    share,
  );

/** Asks each route of some agencies in turn, so that what else the machine does meets all of them alike. */
async function measure(
  system: System,
  agencies: readonly Agency[],
  requests: number,
): Promise<readonly Times[]> {
  const all = agencies.map((): Times => new Map(ROUTES.map((route) => [route, []])));
  for (const route of ROUTES) {
    // A sign-in is scrypt, which is slow on purpose.
    const count = route === "sign-in" ? Math.ceil(requests / 5) : requests;
    const warmUp = Math.ceil(count / 5);
    for (let i = -warmUp; i < count; i++)
      for (const [n, { owner, cookie }] of agencies.entries()) {
        const begun = performance.now();
        if (route === "sign-in")
          await ask(system, "/session", asJson({ address: owner, password: PASSWORD }));
        else await ask(system, PATHS[route], {}, cookie);
        if (i >= 0) all[n]?.get(route)?.push(performance.now() - begun);
      }
  }
  return all;
}

const row = (name: string, cells: readonly string[]): string =>
  name.padEnd(16) + cells.map((cell) => cell.padStart(16)).join("");
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const times = (value: number): string => `${value.toFixed(2)} x`;

function printRoutes(alone: Times | undefined, first: Times, last: Times, say: (line: string) => void): void {
  say("");
  say(
    row("", [
      "alone p50",
      "first p50",
      "first p99",
      "last p50",
      "last p99",
      "last/first p50",
      "p99",
      "first/alone p50",
    ]),
  );
  for (const route of ROUTES) {
    const of = (from: Times | undefined, share: number): number => percentile(from?.get(route) ?? [], share);
    const [a, f, l] = [of(alone, 0.5), of(first, 0.5), of(last, 0.5)];
    const [f99, l99] = [of(first, 0.99), of(last, 0.99)];
    say(row(route, [ms(a), ms(f), ms(f99), ms(l), ms(l99), times(l / f), times(l99 / f99), times(f / a)]));
  }
}

/** Makes some agencies, several at once, and says how long that took. @returns the last of them */
async function makeHundred(
  system: System,
  { from, to, people }: { readonly from: number; readonly to: number; readonly people: number },
  say: (line: string) => void,
): Promise<Agency> {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const made: Awaited<ReturnType<typeof makeAgency>>[] = [];
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    for (let n = numbers.shift(); n !== undefined; n = numbers.shift())
      made.push(await makeAgency(system, n, people));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - begun) / 1000;
  const spread = [made.map((one) => one.signUpMs), made.map((one) => one.importMs)].flatMap((list) => [
    ms(percentile(list, 0.5)),
    ms(percentile(list, 0.99)),
  ]);
  const rates = [(made.length / seconds).toFixed(1), ((made.length * people) / seconds).toFixed(0)];
  say(row(`${from}-${to}`, [...rates, ...spread]));
  const last = made.find((one) => one.agency.slug === `agency-${to}`);
  if (last === undefined) throw new Error("an agency is missing");
  return last.agency;
}

/** Makes many agencies by what sign-up and the list of people do, and compares what the administration of the first and of the last one
 * has to wait for; "alone" is the first one before the others came. */
export async function benchTenants(
  { tenants, people, requests }: TenantsOptions,
  say: (line: string) => void,
): Promise<void> {
  say(describeMachine());
  say(
    `${tenants} agencies of ${people} people and an owner, ${AT_ONCE} at once; ${requests} requests of each route, one after another`,
  );
  const system = await startSystem({ env: { ANGELIA_LOG: "file" } });
  try {
    const { agency: first } = await makeAgency(system, 1, people);
    const [alone] = await measure(system, [first], requests);
    say("");
    say(
      row("agencies", ["agencies/s", "people/s", "sign-up p50", "sign-up p99", "import p50", "import p99"]),
    );
    let last = first;
    for (let from = 2; from <= tenants; from = Math.ceil(from / GROUP) * GROUP + 1)
      last = await makeHundred(
        system,
        { from, to: Math.min(tenants, Math.ceil(from / GROUP) * GROUP), people },
        say,
      );
    const [ofFirst, ofLast] = await measure(system, [first, last], requests);
    if (ofFirst !== undefined && ofLast !== undefined) printRoutes(alone, ofFirst, ofLast, say);
  } finally {
    await system.stop();
  }
}
