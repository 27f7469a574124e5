import { type ApiServer, fieldOf, type KeptZone, startApi, textsOf } from "./kept-zone.ts";

export const TOKEN = "a-token-of-gandi";

/** As Gandi documents LiveDNS, version 5: sets by name and type. */
export function startGandi(zone: KeptZone): Promise<ApiServer> {
  return startApi(({ method, path, headers, body }) => {
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return { status: 401, body: { object: "HTTPUnauthorized" } };
    const [, , , domain, kind, label = "", type = ""] = path.split("/").map(decodeURIComponent);
    if (domain !== zone.name) return { status: 404, body: { object: "HTTPNotFound" } };
    if (kind === undefined) return { status: 200, body: { fqdn: zone.name } };
    const name = label === "@" ? zone.name : `${label}.${zone.name}`;
    if (method === "GET") {
      const sets = [...Map.groupBy(zone.at(name), (one) => one.type)];
      const shown = sets.map(([rrset_type, list]) => ({
        rrset_name: label,
        rrset_type,
        rrset_ttl: list[0]?.ttl,
        rrset_values: list.map((one) => one.value),
      }));
      return { status: 200, body: shown };
    }
    if (method === "DELETE") {
      zone.replace(name, type, 0, []);
      return { status: 204 };
    }
    const ttl = Number(fieldOf(body, "rrset_ttl"));
    if (ttl < 300) return { status: 400, body: { errors: [{ name: "rrset_ttl" }] } };
    return zone.replace(name, type, ttl, textsOf(body, "rrset_values"))
      ? { status: 201, body: { message: "DNS Record Created" } }
      : { status: 409, body: { message: "A CNAME can't be with other records" } };
  });
}
