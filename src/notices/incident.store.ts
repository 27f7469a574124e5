import type { Incident, IncidentKind, IncidentState, ServicePart } from "../contract/notices.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** By language; English always. */
export type Words = Readonly<Record<string, string>>;

export interface NewIncident {
  readonly kind: IncidentKind;
  readonly parts: readonly ServicePart[];
  readonly title: Words;
  readonly state: IncidentState;
  /** milliseconds since the epoch */
  readonly startsAt: number;
  readonly endsAt: number | null;
}

export interface NewUpdate {
  readonly state: IncidentState;
  readonly text: Words;
  readonly at: number;
}

/** @returns its id */
export async function insertIncident(tx: SystemTx, incident: NewIncident): Promise<string> {
  const { kind, parts, title, state, startsAt, endsAt } = incident;
  const [row] = await tx<{ id: string }[]>`
    insert into incidents (kind, parts, title, state, starts_at, ends_at)
    values (${kind}, ${[...parts]}::text[], ${tx.json(title)}, ${state}, ${at(startsAt)}, ${endsAt === null ? null : at(endsAt)})
    returning id`;
  return row?.id ?? "";
}

/** Says more about an incident; `resolved` ends it. @returns false: there is no such incident */
export async function insertUpdate(tx: SystemTx, incidentId: string, update: NewUpdate): Promise<boolean> {
  const [row] = await tx`
    update incidents set state = ${update.state},
      ends_at = case when ${update.state === "resolved"} then ${at(update.at)}::timestamptz else ends_at end
    where id = ${incidentId} returning 1`;
  if (row !== undefined)
    await tx`insert into incident_updates (incident_id, at, state, text)
      values (${incidentId}, ${at(update.at)}, ${update.state}, ${tx.json(update.text)})`;
  return row !== undefined;
}

/** An update that not everybody has been told of, with its incident. */
export interface UntoldUpdate {
  readonly incidentId: string;
  readonly id: string;
  readonly kind: IncidentKind;
  readonly title: Words;
  readonly state: IncidentState;
  readonly text: Words;
  /** milliseconds since the epoch */
  readonly at: number;
}

/** The oldest first. */
export async function listUntoldUpdates(tx: SystemTx, limit: number): Promise<UntoldUpdate[]> {
  return tx<UntoldUpdate[]>`
    select u.incident_id as "incidentId", u.id, i.kind, i.title, u.state, u.text, (extract(epoch from u.at) * 1000)::bigint as at
    from incident_updates u join incidents i on i.id = u.incident_id where u.told_at is null order by u.id limit ${limit}`;
}

export async function markUpdateTold(
  tx: SystemTx,
  { incidentId, id }: Pick<UntoldUpdate, "incidentId" | "id">,
  now: number,
): Promise<void> {
  await tx`update incident_updates set told_at = ${at(now)} where incident_id = ${incidentId} and id = ${id}`;
}

/** Those that are not over, and those that ended since a moment: the latest first. */
export async function listIncidents(tx: SystemTx | TenantTx, endedSince: number): Promise<Incident[]> {
  return tx<Incident[]>`
    select i.id, i.kind, i.parts, i.title, i.state, to_json(i.starts_at) #>> '{}' as "startsAt", to_json(i.ends_at) #>> '{}' as "endsAt",
      (select coalesce(json_agg(json_build_object('at', to_json(u.at) #>> '{}', 'state', u.state, 'text', u.text) order by u.id desc), '[]')
        from incident_updates u where u.incident_id = i.id) as updates
    from incidents i where i.state <> 'resolved' or i.ends_at >= ${at(endedSince)} order by i.starts_at desc, i.id desc limit 200`;
}
