import { type Trace, type TraceEvent, type TraceLine, TraceQuery } from "../../src/contract/history.ts";
import { findTrace, searchTraces, TraceId, traceIdOf } from "../../src/history/index.ts";
import { type Tenancy, tenantsMeant } from "../../src/tenants/index.ts";
import { type Command, type Given, type Json, type Result, UsageError } from "./command.ts";

/** What is undefined is left out. */
const toJson = (value: object): Json => JSON.parse(JSON.stringify(value));

/** `2026-11-21`, `2026-11-21T10:00Z`, or `3d`, `12h`: so long ago. @throws {UsageError} */
function parseTime(text: string, now: number): string {
  const ago = /^(\d{1,4})([dhm])$/.exec(text);
  const unit = { d: 86_400_000, h: 3_600_000, m: 60_000 }[ago?.[2] ?? ""] ?? 0;
  const at = ago === null ? Date.parse(text) : now - Number(ago[1]) * unit;
  if (Number.isNaN(at))
    throw new UsageError(`«${text}» is no time; write it like 2026-11-21, 2026-11-21T10:00Z, 3d or 12h.`);
  return new Date(at).toISOString();
}

const time = (given: Given, name: string, now: number): string | undefined => {
  const text = given.option(name);
  return text === undefined ? undefined : parseTime(text, now);
};

const inLine = ({ at, sender, recipient, state, detail, traceId }: TraceLine): string =>
  [
    at.slice(0, 19),
    state,
    `${sender === "" ? "<>" : sender} → ${recipient}`,
    detail.reply ?? "",
    traceId,
  ].join("\t");

const inEvent = ({ at, kind, recipient, detail }: TraceEvent): string => {
  const { reply, remoteMta, tls, attempt, dueAt, by, reason, mailbox, reasons, told, to } = detail;
  const facts = [
    mailbox === undefined ? null : `in ${mailbox}`,
    ...(reasons ?? []).map(({ code, detail: line }) => `${code}: ${line}`),
    attempt === undefined ? null : `attempt ${attempt}`,
    remoteMta === undefined ? null : `by ${remoteMta}`,
    tls ?? null,
    reply ?? null,
    to === undefined ? null : `to ${to}`,
    by === undefined ? null : `by ${by}`,
    reason ?? null,
    dueAt === undefined ? null : `next at ${dueAt}`,
    told === true ? "the sender was told" : null,
  ];
  return [
    at.slice(0, 19),
    kind,
    recipient,
    facts.filter((one) => one !== null && one !== "").join("; "),
  ].join("\t");
};

const trace: Command = {
  name: "message trace",
  usage:
    "[--id <trace or Received id>] [--sender <address|@domain>] [--recipient <address|@domain>] [--message-id <id>] [--since 3d] [--until <time>] [--tenant <slug>] [--limit 50]",
  about: "tells what happened to messages, the latest first; with --id the whole story of one",
  words: [],
  options: {
    id: "value",
    sender: "value",
    recipient: "value",
    "message-id": "value",
    since: "value",
    until: "value",
    tenant: "value",
    limit: "value",
  },
  async run(tenancy, given) {
    const id = given.option("id");
    const now = tenancy.clock();
    const parsed = TraceQuery.safeParse({
      sender: given.option("sender"),
      recipient: given.option("recipient"),
      messageId: given.option("message-id"),
      since: time(given, "since", now),
      until: time(given, "until", now),
      limit: given.option("limit"),
    });
    if (!parsed.success) throw new UsageError(parsed.error.issues.map((one) => one.message).join("\n"));
    const tenants = await tenantsMeant(tenancy, { slug: given.option("tenant") });
    if (id !== undefined) return story(tenancy, tenants, parseTraceId(id));
    const found: (TraceLine & { tenant: string })[] = [];
    for (const { id: tenantId, slug } of tenants) {
      const { lines } = await tenancy.db.tenant(tenantId, (tx) => searchTraces(tx, parsed.data));
      found.push(...lines.map((line) => ({ ...line, tenant: slug })));
    }
    const latest = found.toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, parsed.data.limit);
    return {
      json: toJson(latest),
      text: latest.length === 0 ? "Nothing was found." : latest.map(inLine).join("\n"),
    };
  },
};

/** @throws {UsageError} */
function parseTraceId(text: string): TraceId {
  const uuid = TraceId.safeParse(text);
  if (uuid.success) return uuid.data;
  try {
    return traceIdOf(text);
  } catch (error) {
    throw new UsageError(`«${text}» is neither a trace id nor the id of a Received field of ours.`, {
      cause: error,
    });
  }
}

async function story(
  tenancy: Tenancy,
  tenants: Awaited<ReturnType<typeof tenantsMeant>>,
  traceId: TraceId,
): Promise<Result> {
  const parts: (Trace & { tenant: string })[] = [];
  for (const { id, slug } of tenants) {
    const part = await tenancy.db.tenant(id, (tx) => findTrace(tx, traceId));
    if (part !== null) parts.push({ ...part, tenant: slug });
  }
  const text = parts.flatMap(({ tenant, sender, messageId, size, clientIp, events }) => [
    `${tenant}: from ${sender === "" ? "<>" : sender}, Message-ID ${messageId ?? "none"}, ${size ?? "?"} octets${clientIp === null ? "" : `, from ${clientIp}`}`,
    ...events.map((one) => `  ${inEvent(one)}`),
  ]);
  return {
    json: toJson(parts),
    text: text.length === 0 ? "Nothing is known of it." : text.join("\n"),
    failed: parts.length === 0,
  };
}

export const MESSAGE_COMMANDS: readonly Command[] = [trace];
