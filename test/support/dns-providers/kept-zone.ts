import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** A record as a zone file has it: `"text"`, `10 mx.example.`, `host.example.`. */
export interface KeptRecord {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly value: string;
}

const isAlias = (one: { readonly type: string }): boolean => one.type === "CNAME";

/** A zone that a provider keeps, with the rules of the DNS: a name with a CNAME has nothing else, and no record is there twice. */
export class KeptZone {
  readonly name: string;
  readonly #records = new Map<number, KeptRecord>();
  #last = 100;

  constructor(name: string, records: readonly Omit<KeptRecord, "id" | "ttl">[] = []) {
    this.name = name;
    for (const one of records) this.add({ ...one, ttl: 300 });
  }

  all(): readonly KeptRecord[] {
    return [...this.#records.values()];
  }

  at(name: string, type?: string): readonly KeptRecord[] {
    return this.all().filter((one) => one.name === name && (type === undefined || one.type === type));
  }

  /** @returns undefined: it would break a rule */
  add(record: Omit<KeptRecord, "id">): KeptRecord | undefined {
    const there = this.at(record.name);
    if (there.some(isAlias) || (isAlias(record) && there.length > 0)) return undefined;
    if (there.some((one) => one.type === record.type && one.value === record.value)) return undefined;
    const added = { ...record, id: ++this.#last };
    this.#records.set(added.id, added);
    return added;
  }

  get(id: number): KeptRecord | undefined {
    return this.#records.get(id);
  }

  change(id: number, to: Partial<KeptRecord>): KeptRecord | undefined {
    const old = this.#records.get(id);
    if (old === undefined) return undefined;
    const changed = { ...old, ...to, id };
    this.#records.set(id, changed);
    return changed;
  }

  drop(id: number): boolean {
    return this.#records.delete(id);
  }

  /** Makes a name hold these values. @returns false: it would break a rule, and nothing changes */
  replace(name: string, type: string, ttl: number, values: readonly string[]): boolean {
    const others = this.at(name).filter((one) => one.type !== type);
    if (values.length > 0 && others.some((one) => one.type === "CNAME" || type === "CNAME")) return false;
    for (const one of this.at(name, type)) this.drop(one.id);
    for (const value of values) this.add({ name, type, ttl, value });
    return true;
  }
}

/** A request as a test server sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** of JSON; null when there is none */
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
}

export interface ApiServer extends AsyncDisposable {
  readonly base: string;
  /** `METHOD path` of each request */
  readonly asked: readonly string[];
}

/** An HTTP server on this machine that answers as a provider documents its API. */
export async function startApi(answer: (request: ApiRequest) => ApiAnswer): Promise<ApiServer> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => void chunks.push(chunk));
    req.on("end", () => {
      const url = new URL(req.url ?? "/", "http://api.test");
      const text = Buffer.concat(chunks).toString();
      const method = req.method ?? "";
      asked.push(`${method} ${url.pathname}${url.search}`);
      const body: unknown = text === "" ? null : JSON.parse(text);
      const said = answer({
        method,
        path: url.pathname,
        query: url.searchParams,
        headers: req.headers,
        text,
        body,
      });
      res.writeHead(said.status, { "content-type": "application/json" });
      res.end(said.body === undefined ? "" : JSON.stringify(said.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    base: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const textIn = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** A field of a JSON object. */
export const fieldOf = (body: unknown, name: string): unknown =>
  typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;

export const textOf = (body: unknown, name: string): string => textIn(fieldOf(body, name));

export function textsOf(body: unknown, name: string): string[] {
  const list = fieldOf(body, name);
  return Array.isArray(list) ? list.map(String) : [];
}
