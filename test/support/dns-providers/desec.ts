import { type ApiServer, fieldOf, type KeptZone, startApi, textOf, textsOf } from "./kept-zone.ts";

export const TOKEN = "a-token-of-desec";
const TTL_MIN = 3_600;

/** As deSEC documents its API: sets that are changed in bulk, all or none; an empty one is removed. */
export function startDesec(zone: KeptZone): Promise<ApiServer> {
  return startApi(({ method, path, query, headers, body }) => {
    if (headers.authorization !== `Token ${TOKEN}`)
      return { status: 401, body: { detail: "Invalid token." } };
    if (path === "/domains/") {
      const asked = query.get("owns_qname") ?? "";
      const isOurs = asked === zone.name || asked.endsWith(`.${zone.name}`);
      return { status: 200, body: isOurs ? [{ name: zone.name, minimum_ttl: TTL_MIN }] : [] };
    }
    if (path !== `/domains/${zone.name}/rrsets/`) return { status: 404, body: { detail: "Not found." } };
    const nameOf = (sub: string): string => (sub === "" ? zone.name : `${sub}.${zone.name}`);
    if (method === "GET") {
      const subname = query.get("subname") ?? "";
      const sets = [...Map.groupBy(zone.at(nameOf(subname)), (one) => one.type)];
      return {
        status: 200,
        body: sets.map(([type, list]) => ({
          subname,
          type,
          ttl: list[0]?.ttl,
          records: list.map((one) => one.value),
        })),
      };
    }
    for (const set of Array.isArray(body) ? body : []) {
      const [type, records] = [textOf(set, "type"), textsOf(set, "records")];
      // Names must be whole, and texts quoted.
      const isWritten = records.every((one) => (type === "TXT" ? /^".*"$/s.test(one) : one.endsWith(".")));
      if (!isWritten || Number(fieldOf(set, "ttl")) < TTL_MIN)
        return { status: 400, body: [{ records: ["malformed"] }] };
      if (!zone.replace(nameOf(textOf(set, "subname")), type, Number(fieldOf(set, "ttl")), records))
        return { status: 400, body: [{ non_field_errors: ["RRset with conflicting type present"] }] };
    }
    return { status: 200, body };
  });
}
