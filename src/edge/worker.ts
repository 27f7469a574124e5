import { DurableObject } from "cloudflare:workers";
import type { Hono } from "hono";
import { newApp } from "./app.ts";
import { networkOf } from "./middleware/attempt-limit.ts";
import { newWorkerPlatform } from "./worker-deps.ts";
import { readSettings, type WorkerEnv } from "./worker-settings.ts";

/** Holds the app with its pool of connections. workerd ties a socket to the request that opened it, except in a Durable Object:
 * a connection for each request was a tenth as fast here. */
export class EdgeShard extends DurableObject<WorkerEnv> {
  #app: Promise<Hono> | undefined;

  override async fetch(request: Request): Promise<Response> {
    this.#app ??= this.#start();
    const app = await this.#app;
    return app.fetch(request);
  }

  async #start(): Promise<Hono> {
    const platform = newWorkerPlatform(this.env);
    // A database that is away is no reason not to start: each request says so, and pushes begin when it is back.
    platform.changes.start().catch((error: unknown) => platform.log.error("changes.start_failed", { error }));
    const app = newApp(platform);
    app.get("/healthz", (c) => c.json({ status: "ok" }));
    app.get("/readyz", async (c) => {
      // Any question to the database will do, and this one is never answered from memory.
      const isThere = await platform.tenancy.domains.tenantsOf(["invalid"]).then(
        () => true,
        () => false,
      );
      return c.json({ status: isThere ? "ok" : "unavailable", database: isThere }, isThere ? 200 : 503);
    });
    return app;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return sum;
}

/** The address in HTTP Basic credentials, as far as this matters here. */
function basicAddress(authorization: string | null): string | null {
  const encoded = /^basic +([a-z0-9+/]+=*)/i.exec(authorization ?? "")?.[1];
  try {
    return encoded === undefined ? null : (atob(encoded).split(":", 1)[0] ?? "").toLowerCase();
  } catch {
    return null;
  }
}

/** One client's requests meet in one shard: there its password is known to be right already, and its wrong ones are counted.
 * Nothing else relies on it. */
function shardOf({ headers }: Request, shards: number): string {
  const client =
    basicAddress(headers.get("authorization")) ??
    headers.get("cookie") ??
    networkOf(headers.get("cf-connecting-ip") ?? "");
  return `edge-${hash(client) % shards}`;
}

let shards: number | undefined;

const handler: ExportedHandler<WorkerEnv> = {
  fetch(request, env) {
    shards ??= readSettings(env).EDGE_SHARDS;
    return env.EDGE.get(env.EDGE.idFromName(shardOf(request, shards))).fetch(request);
  },
};
export default handler;
