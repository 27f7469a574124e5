import { type ApiAnswer, type ApiServer, fieldOf, type KeptZone, startApi, textOf } from "./kept-zone.ts";

export const TOKEN = "a-token-of-hetzner";
const ZONE_ID = 4711;

const failed = (status: number, code: string): ApiAnswer => ({
  status,
  body: { error: { code, message: code } },
});

const valuesOf = (body: unknown): string[] => {
  const list = fieldOf(body, "records");
  return Array.isArray(list) ? list.map((one) => textOf(one, "value")) : [];
};

/** As Hetzner documents the DNS of its Cloud API: sets by name and type, and actions that change them. */
export function startHetzner(zone: KeptZone): Promise<ApiServer> {
  const nameOf = (label: string): string => (label === "@" ? zone.name : `${label}.${zone.name}`);
  return startApi(({ method, path, query, headers, body }) => {
    if (headers.authorization !== `Bearer ${TOKEN}`) return failed(401, "unauthorized");
    if (path === "/zones")
      return {
        status: 200,
        body: { zones: query.get("name") === zone.name ? [{ id: ZONE_ID, name: zone.name }] : [] },
      };
    const [, , id, kind, label = "", type = "", , action] = path.split("/").map(decodeURIComponent);
    if (Number(id) !== ZONE_ID || kind !== "rrsets") return failed(404, "not_found");
    if (method === "GET") {
      const name = query.get("name") ?? "";
      const sets = [...Map.groupBy(zone.at(nameOf(name)), (one) => one.type)];
      const rrsets = sets.map(([setType, list]) => ({
        id: `${name}/${setType}`,
        name,
        type: setType,
        ttl: list[0]?.ttl ?? null,
        records: list.map((one) => ({ value: one.value, comment: "" })),
      }));
      return { status: 200, body: { rrsets } };
    }
    const done = { status: 201, body: { action: { id: 1, status: "success" } } };
    if (method === "POST" && label === "") {
      const name = nameOf(textOf(body, "name"));
      if (zone.at(name, textOf(body, "type")).length > 0) return failed(409, "uniqueness_error");
      const isDone = zone.replace(name, textOf(body, "type"), Number(fieldOf(body, "ttl")), valuesOf(body));
      return isDone ? done : failed(422, "invalid_input");
    }
    const there = zone.at(nameOf(label), type);
    if (there.length === 0) return failed(404, "not_found");
    if (method === "DELETE") zone.replace(nameOf(label), type, 0, []);
    else if (action === "set_records") zone.replace(nameOf(label), type, there[0]?.ttl ?? 0, valuesOf(body));
    return done;
  });
}
