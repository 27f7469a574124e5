import { availableParallelism, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SmtpClient } from "../test/support/smtp-client.ts";
import { CLIENT_SOURCES, type IdleAngelia, PROXY_SOURCES, startIdleAngelia } from "./idle-angelia.ts";
import { bareConnection } from "./idle-bare.ts";
import { makeCertificate } from "./idle-certificate.ts";
import { joinClients, type IdleClients, openIdleClients } from "./idle-clients.ts";
import { dovecotSession, dovecotUnavailable } from "./idle-dovecot.ts";
import { sharedClockMs } from "./load/idle-plan.ts";
import { describeMachine } from "./machine.ts";
import { inKilobytes, inMegabytes } from "./memory.ts";
import { perSession } from "./per-session.ts";

export interface IdleOptions {
  readonly sessions: number;
  /** Processes of Angelia, on one database. */
  readonly processes: number;
  readonly only: "angelia" | "peer" | undefined;
}

const DOMAIN = "bench.test";
/** People; with more sessions each has several. */
const ACCOUNTS_MAX = 5_000;
/** Bare connections and Dovecot's sessions that are measured at most: each costs as much as the next. */
const BARE_MAX = 5_000;
const PEER_MAX = 300;
/** After so long without work the garbage of opening the sessions has been collected. */
const SETTLE_MS = 15_000;
const MESSAGES = 200;
const PATIENCE_MS = 60_000;

interface Row {
  readonly name: string;
  readonly bareBytes: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly postgresBytes: number;
  readonly openedPerSecond: number;
  readonly woken: readonly number[];
  readonly missed: number;
}

/** Measures what idle IMAP sessions cost and how soon they hear of a new message, beside bare connections of Node and Dovecot. */
export async function benchIdle(options: IdleOptions, say: (line: string) => void): Promise<void> {
  const { sessions, only } = options;
  say(describeMachine());
  say(
    `${sessions} sessions in IDLE on their inboxes, ${options.processes} process(es) of Angelia on one PostgreSQL; clients and all else on the same machine.`,
  );
  say(
    "A session: what the processes take more (RSS, after 15 s of rest) with all sessions open than with the first thousand, divided; bare: a server in Node that holds the connection and does nothing.",
  );
  const rows: Row[] = [];
  if (only !== "peer") {
    using certificate = makeCertificate();
    const bares = Math.min(BARE_MAX, sessions);
    const bare = {
      plain: await bareConnection(undefined, bares, SETTLE_MS),
      tls: await bareConnection(certificate, bares, SETTLE_MS),
    };
    const accounts = Math.min(ACCOUNTS_MAX, sessions);
    const angelia = await startIdleAngelia(DOMAIN, accounts, options, certificate);
    try {
      rows.push(await measure(angelia, options, accounts, false, bare.plain));
      rows.push(await measure(angelia, options, accounts, true, bare.tls));
    } finally {
      await angelia.stop();
    }
    printRows(rows, say);
  }
  if (only !== "angelia") await measurePeer(Math.min(PEER_MAX, sessions), rows, say);
  say(`load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} processors after`);
}

async function measure(
  { processes, password, postgres, smtpPort }: IdleAngelia,
  { sessions }: IdleOptions,
  accounts: number,
  tls: boolean,
  bareBytes: number,
): Promise<Row> {
  const login = { accounts, after: `@${DOMAIN}`, password };
  const postgresBefore = postgres().bytes;
  const open = async (begin: number, count: number): Promise<IdleClients> => {
    const opened: Promise<IdleClients>[] = [];
    for (const [i, { ports }] of processes.entries()) {
      const first = begin + Math.floor((i * count) / processes.length);
      const plan = {
        first,
        count: begin + Math.floor(((i + 1) * count) / processes.length) - first,
        login,
        tls,
        port: tls ? ports.imaps : ports.imap,
        from: `${tls ? CLIENT_SOURCES : PROXY_SOURCES}.${i * 16}`,
      };
      opened.push(openIdleClients(tls ? plan : { ...plan, proxy: 2 }));
    }
    return joinClients(await Promise.all(opened));
  };
  const pids = processes.map((one) => one.pid());
  const measured = await perSession(pids, SETTLE_MS, sessions, open);
  const postgresBytes = postgres().bytes - postgresBefore;
  const wake = await measureWaking(measured.clients, sessions, accounts, smtpPort);
  const closed = [...measured.clients.closed.values()];
  if (closed.length > 0) throw new Error(`${closed.length} sessions were closed: ${closed[0]}`);
  await measured.clients.stop();
  return {
    name: tls ? "Angelia, TLS in the process" : "Angelia behind a proxy that ends TLS (PROXY v2)",
    bareBytes,
    bytes: measured.bytes,
    totalBytes: measured.totalBytes,
    postgresBytes,
    openedPerSecond: measured.clients.openedPerSecond,
    ...wake,
  };
}

/** Sends messages to some people, one after the other, while all sessions idle.
 * @returns from the MAIL command to each session's EXISTS, ascending */
async function measureWaking(
  clients: IdleClients,
  sessions: number,
  accounts: number,
  smtpPort: number,
): Promise<{ readonly woken: readonly number[]; readonly missed: number }> {
  clients.takeWoken();
  const client = await SmtpClient.connect({ port: smtpPort });
  await client.command("EHLO sender.test");
  const sentAt = new Map<number, number>();
  for (let n = 0; n < Math.min(MESSAGES, accounts); n++) {
    const account = (n * 7919) % accounts;
    if (sentAt.has(account)) continue;
    sentAt.set(account, sharedClockMs());
    const message = Buffer.from(`From: x@sender.test\r\nSubject: number ${n}\r\n\r\nHello.\r\n`);
    const reply = await client.send({ from: "x@sender.test", to: [`u${account}@${DOMAIN}`] }, message);
    if (reply.code !== 250) throw new Error(`refused: ${reply.text}`);
  }
  await client.quit();
  const expected = Array.from({ length: sessions }, (_, n) => n).filter((n) => sentAt.has(n % accounts));
  const woken = new Map<number, number>();
  for (const until = Date.now() + PATIENCE_MS; woken.size < expected.length && Date.now() < until;) {
    await sleep(100);
    for (const [session, atMs] of clients.takeWoken())
      if (!woken.has(session)) woken.set(session, atMs - (sentAt.get(session % accounts) ?? 0));
  }
  return { woken: [...woken.values()].toSorted((a, b) => a - b), missed: expected.length - woken.size };
}

const line = (name: string, cells: readonly string[]): string =>
  name.padEnd(52) + cells.map((cell) => cell.padStart(14)).join("");

const at = (values: readonly number[], share: number): string =>
  `${(values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN).toFixed(0)} ms`;

function printRows(rows: readonly Row[], say: (line: string) => void): void {
  say("");
  say(line("memory", ["a session", "bare", "ours on top", "all processes", "PostgreSQL", "opened/s"]));
  for (const row of rows)
    say(
      line(row.name, [
        inKilobytes(row.bytes),
        inKilobytes(row.bareBytes),
        inKilobytes(row.bytes - row.bareBytes),
        inMegabytes(row.totalBytes),
        `+ ${inMegabytes(row.postgresBytes)}`,
        row.openedPerSecond.toFixed(0),
      ]),
    );
  say("");
  say(line("from MAIL to EXISTS, all sessions open", ["sessions", "p50", "p99", "max", "missed"]));
  for (const { name, woken, missed } of rows)
    say(line(name, [`${woken.length}`, at(woken, 0.5), at(woken, 0.99), at(woken, 1), `${missed}`]));
}

async function measurePeer(
  sessions: number,
  rows: readonly Row[],
  say: (line: string) => void,
): Promise<void> {
  const reason = dovecotUnavailable();
  if (reason !== undefined) return say(`Without Dovecot to compare with: ${reason}`);
  say("");
  say(line(`Dovecot, ${sessions} sessions (PSS of imap, imap-login)`, ["a session", "ratio"]));
  for (const tls of [false, true]) {
    const { version, bytes } = await dovecotSession(tls, sessions, SETTLE_MS / 3, CLIENT_SOURCES);
    const ours = rows[tls ? 1 : 0]?.bytes;
    const ratio = ours === undefined ? "" : `${(bytes / ours).toFixed(1)} x`;
    say(line(`Dovecot ${version}, ${tls ? "TLS" : "no TLS"}`, [inKilobytes(bytes), ratio]));
  }
}
