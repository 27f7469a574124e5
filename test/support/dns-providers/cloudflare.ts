import {
  type ApiAnswer,
  type ApiServer,
  fieldOf,
  type KeptRecord,
  type KeptZone,
  startApi,
  textOf,
} from "./kept-zone.ts";

export const TOKEN = "a-token-of-cloudflare";
const ZONE_ID = "0123456789abcdef0123456789abcdef";

const ok = (result: unknown): ApiAnswer => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result },
});
const failed = (status: number, code: number, message: string): ApiAnswer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});
const bare = (text: string): string => text.replace(/\.$/, "");

function shown({ id, name, type, ttl, value }: KeptRecord): object {
  const [priority = "0", host = ""] = value.split(" ");
  const proxiable = type === "A" || type === "CNAME";
  const content = type === "MX" ? bare(host) : type === "TXT" ? value : bare(value);
  return {
    id: String(id),
    name,
    type,
    ttl,
    content,
    proxied: false,
    proxiable,
    ...(type === "MX" ? { priority: Number(priority) } : {}),
  };
}

const kept = (body: unknown): { name: string; type: string; ttl: number; value: string } => {
  const type = textOf(body, "type");
  const content = textOf(body, "content");
  const value =
    type === "MX" ? `${textOf(body, "priority")} ${content}.` : type === "CNAME" ? `${content}.` : content;
  return { name: textOf(body, "name"), type, ttl: Number(fieldOf(body, "ttl")), value };
};

/** As Cloudflare documents version 4 of its API: records with ids, in an envelope. */
export function startCloudflare(zone: KeptZone): Promise<ApiServer> {
  return startApi(({ method, path, query, headers, body }) => {
    if (headers.authorization !== `Bearer ${TOKEN}`) return failed(403, 9109, "Invalid access token");
    if (path === "/zones")
      return ok(query.get("name") === zone.name ? [{ id: ZONE_ID, name: zone.name }] : []);
    const match = /^\/zones\/([0-9a-f]{32})\/dns_records(?:\/(\d+))?$/.exec(path);
    if (match?.[1] !== ZONE_ID) return failed(404, 7003, "Could not route");
    const id = Number(match[2]);
    if (method === "GET") return ok(zone.at(query.get("name") ?? "").map(shown));
    if (method === "POST") {
      if (fieldOf(body, "proxied") === true) return failed(400, 9004, "a test must not see a proxied record");
      const added = zone.add(kept(body));
      return added === undefined
        ? failed(400, 81057, "An identical record already exists.")
        : ok(shown(added));
    }
    if (method === "PUT") {
      const changed = zone.change(id, kept(body));
      return changed === undefined ? failed(404, 81044, "Record does not exist.") : ok(shown(changed));
    }
    return zone.drop(id) ? ok({ id: String(id) }) : failed(404, 81044, "Record does not exist.");
  });
}
