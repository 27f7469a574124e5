import { z } from "zod";

/** notice: something to know. maintenance: planned. The others: something does not work as it should. */
export const IncidentKind = z.enum(["notice", "maintenance", "minor", "major", "critical"]);
export type IncidentKind = z.output<typeof IncidentKind>;

/** What part of the service it is about. */
export const ServicePart = z.enum(["receiving", "sending", "reading", "web", "administration"]);
export type ServicePart = z.output<typeof ServicePart>;

export const IncidentState = z.enum(["planned", "investigating", "identified", "monitoring", "resolved"]);
export type IncidentState = z.output<typeof IncidentState>;

/** One thing that was said about an incident; `text` by language, English always. */
const IncidentUpdate = z.object({
  at: z.string(),
  state: IncidentState,
  text: z.record(z.string(), z.string()),
});

export const Incident = z.object({
  id: z.string(),
  kind: IncidentKind,
  parts: z.array(ServicePart),
  title: z.record(z.string(), z.string()),
  state: IncidentState,
  startsAt: z.string(),
  /** of what is planned, or of what is over */
  endsAt: z.string().nullable(),
  /** the latest first */
  updates: z.array(IncidentUpdate),
});
export type Incident = z.output<typeof Incident>;

/** `GET /service-status`, public, for everybody; the page `/service` shows it. */
export const ServiceStatus = z.object({
  /** ISO 8601: when this was looked at */
  at: z.string(),
  parts: z.array(
    z.object({ part: ServicePart, state: z.enum(["ok", "maintenance", "minor", "major", "critical"]) }),
  ),
  /** open ones, and what is planned */
  current: z.array(Incident),
  /** what ended within 90 days */
  past: z.array(Incident),
});
export type ServiceStatus = z.output<typeof ServiceStatus>;

/** `GET` and `PUT /v1/notice-settings`: which alerts and notices reach the administrators by e-mail; webhooks hear of all. */
export const NoticeSettings = z.strictObject({
  /** alerts of the agency (limits, sign-in attacks, DNS drift, …) */
  alertMails: z.boolean(),
  /** incidents and maintenance of the service */
  incidentMails: z.boolean(),
});
export type NoticeSettings = z.output<typeof NoticeSettings>;
