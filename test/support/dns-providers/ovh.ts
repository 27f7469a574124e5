import { createHash } from "node:crypto";
import { type ApiServer, fieldOf, type KeptZone, startApi, textOf } from "./kept-zone.ts";

export const KEYS = {
  applicationKey: "app-key",
  applicationSecret: "app-secret",
  consumerKey: "consumer-key",
};
/** Their clock is not ours. */
const AHEAD_S = 3_000;

const now = (): number => Math.floor(Date.now() / 1_000) + AHEAD_S;

/** As OVH documents its API: each request is signed (`$1$` and SHA-1 over what it is), and a zone is served as it is refreshed. */
export async function startOvh(zone: KeptZone): Promise<ApiServer & { readonly refreshed: () => number }> {
  let refreshed = 0;
  let base = "";
  const label = (name: string): string => (name === zone.name ? "" : name.slice(0, -zone.name.length - 1));
  const nameOf = (sub: string): string => (sub === "" ? zone.name : `${sub}.${zone.name}`);
  const server = await startApi(({ method, path, query, headers, text, body }) => {
    if (path === "/auth/time") return { status: 200, body: now() };
    const at = Number(headers["x-ovh-timestamp"]);
    const search = query.size === 0 ? "" : `?${query.toString()}`;
    const signed = [
      KEYS.applicationSecret,
      KEYS.consumerKey,
      method,
      `${base}${path}${search}`,
      text,
      at,
    ].join("+");
    const signature = `$1$${createHash("sha1").update(signed).digest("hex")}`;
    if (
      headers["x-ovh-application"] !== KEYS.applicationKey ||
      headers["x-ovh-consumer"] !== KEYS.consumerKey
    )
      return { status: 403, body: { message: "This credential is not valid" } };
    if (headers["x-ovh-signature"] !== signature || Math.abs(at - now()) > 60)
      return { status: 400, body: { message: "Invalid signature" } };
    if (path === "/domain/zone") return { status: 200, body: [zone.name, "another.test"] };
    const prefix = `/domain/zone/${zone.name}`;
    if (path === `${prefix}/refresh`) {
      refreshed++;
      return { status: 200, body: null };
    }
    const id = Number(/\/record\/(\d+)$/.exec(path)?.[1]);
    if (path === `${prefix}/record` && method === "GET") {
      // It finds names that begin so, too.
      const asked = nameOf(query.get("subDomain") ?? "");
      const found = zone.all().filter((one) => label(one.name).startsWith(label(asked)));
      return { status: 200, body: found.map((one) => one.id) };
    }
    if (path === `${prefix}/record` && method === "POST") {
      const added = zone.add({
        name: nameOf(textOf(body, "subDomain")),
        type: textOf(body, "fieldType"),
        ttl: Number(fieldOf(body, "ttl")),
        value: textOf(body, "target"),
      });
      return added === undefined
        ? { status: 409, body: { message: "conflict" } }
        : { status: 200, body: { id: added.id } };
    }
    const one = zone.get(id);
    if (one === undefined) return { status: 404, body: { message: "no such record" } };
    if (method === "GET") {
      const { name, type, value, ttl } = one;
      return {
        status: 200,
        body: { id, zone: zone.name, fieldType: type, subDomain: label(name), target: value, ttl },
      };
    }
    if (method === "PUT")
      zone.change(id, { value: textOf(body, "target"), ttl: Number(fieldOf(body, "ttl")) });
    else zone.drop(id);
    return { status: 200, body: null };
  });
  ({ base } = server);
  return { ...server, refreshed: () => refreshed };
}
