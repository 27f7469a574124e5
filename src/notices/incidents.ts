import type { ServiceStatus } from "../contract/notices.ts";
import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { Clock } from "../kernel/ports.ts";
import { type Outbound, raiseAlert } from "../outbound/index.ts";
import { allTenants, type Tenancy } from "../tenants/index.ts";
import {
  insertIncident,
  insertUpdate,
  listIncidents,
  listUntoldUpdates,
  markUpdateTold,
  type NewIncident,
  type NewUpdate,
  type UntoldUpdate,
} from "./incident.store.ts";
import { serviceStatus } from "./service-status.ts";

const DAY_MS = 86_400_000;
/** What ended is shown so long. */
const SHOWN_DAYS = 90;
const AT_ONCE = 10;

/** Opens an incident, or announces one, with its first words. @returns its id */
export async function openIncident(
  tenancy: Pick<Tenancy, "db">,
  incident: NewIncident,
  first: Omit<NewUpdate, "state">,
): Promise<string> {
  return tenancy.db.system("operator opens an incident", async (tx) => {
    const id = await insertIncident(tx, incident);
    await insertUpdate(tx, id, { ...first, state: incident.state });
    return id;
  });
}

/** Says more about an incident. @throws {MailError} incident_unknown */
export async function updateIncident(
  tenancy: Pick<Tenancy, "db">,
  id: string,
  update: NewUpdate,
): Promise<void> {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  const isThere =
    isId && (await tenancy.db.system("operator updates an incident", (tx) => insertUpdate(tx, id, update)));
  if (!isThere) throw new MailError("incident_unknown", { id });
}

/** How the service is, as its operator says. @throws {MailError} unavailable */
export async function readServiceStatus(deps: {
  readonly db: Db;
  readonly clock: Clock;
}): Promise<ServiceStatus> {
  const now = deps.clock();
  const incidents = await deps.db.system("service status", (tx) =>
    listIncidents(tx, now - SHOWN_DAYS * DAY_MS),
  );
  return serviceStatus(incidents, now);
}

/** Tells the administrators of all agencies what was said: an alert each, once, by e-mail and to webhooks as they want it. What a crash
 * cut off is told the next time, and nobody is told twice. */
export async function tellIncidents(outbound: Outbound, stopping: AbortSignal): Promise<void> {
  const { db, clock } = outbound.store;
  const updates = await db.system("incidents: untold", (tx) => listUntoldUpdates(tx, AT_ONCE));
  if (updates.length === 0) return;
  const tenants = await allTenants(outbound.tenancy);
  for (const update of updates) {
    for (const { id } of tenants) {
      if (stopping.aborted) return;
      await raiseAlert(outbound, id, alertOf(update, clock()));
    }
    await db.system("incidents: told", (tx) => markUpdateTold(tx, update, clock()));
  }
}

/** Texts as an alert keeps them: `title.el`. */
const words = (of: UntoldUpdate["title"], name: string): [string, string][] =>
  Object.entries(of).map(([language, value]) => [`${name}.${language}`, value]);

function alertOf(update: UntoldUpdate, at: number): Parameters<typeof raiseAlert>[2] {
  const { kind, state, title, text } = update;
  return {
    kind: "incident",
    subject: update.incidentId,
    windowStart: update.at,
    detail: { kind, state, ...Object.fromEntries([...words(title, "title"), ...words(text, "text")]) },
    at,
  };
}
