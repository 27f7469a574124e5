import { type Incident, ServicePart, type ServiceStatus } from "../contract/notices.ts";

type PartState = ServiceStatus["parts"][number]["state"];
const WORST_LAST: readonly PartState[] = ["ok", "maintenance", "minor", "major", "critical"];

/** What the incidents say about a part at a moment. @param now milliseconds since the epoch */
function stateOf(part: ServicePart, incidents: readonly Incident[], now: number): PartState {
  const states = incidents
    .filter((one) => one.parts.includes(part) && one.state !== "resolved" && one.kind !== "notice")
    // What is planned is not so yet, and what was planned may end without a word.
    .filter((one) => Date.parse(one.startsAt) <= now)
    .filter((one) => one.kind !== "maintenance" || one.endsAt === null || Date.parse(one.endsAt) > now)
    .map((one): PartState => (one.kind === "notice" ? "ok" : one.kind));
  return states.toSorted((a, b) => WORST_LAST.indexOf(a) - WORST_LAST.indexOf(b)).at(-1) ?? "ok";
}

/** The page of the service, from its incidents. */
export function serviceStatus(incidents: readonly Incident[], now: number): ServiceStatus {
  const isOver = (one: Incident): boolean =>
    one.state === "resolved" ||
    (one.kind === "maintenance" && one.endsAt !== null && Date.parse(one.endsAt) <= now);
  return {
    at: new Date(now).toISOString(),
    parts: ServicePart.options.map((part) => ({ part, state: stateOf(part, incidents, now) })),
    current: incidents.filter((one) => !isOver(one)),
    past: incidents.filter(isOver),
  };
}
