// `npm run bench -- delivery`: measurements beside other mail systems; each prints a table of ratios.
import { parseArgs } from "node:util";
import { benchDelivery } from "./delivery.ts";
import { benchIdle } from "./idle.ts";
import { benchImap } from "./imap.ts";
import { benchOutbound } from "./outbound.ts";
import { benchTenants } from "./tenants.ts";

const USAGE = `npm run bench -- delivery [--messages 3000] [--connections 20] [--mailboxes 3000] [--rounds 3] [--seconds 60] [--only angelia|peer] [--checks]
npm run bench -- outbound [--messages 3000] [--rounds 3] [--only angelia|peer]
npm run bench -- imap [--sizes 1000,100000] [--distinct 10000] [--connections 2] [--seconds 20] [--format mdbox|maildir] [--only angelia|peer]
npm run bench -- idle [--sessions 2000] [--processes 1] [--only angelia|peer]
npm run bench -- tenants [--tenants 1000] [--people 50] [--requests 200]
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      messages: { type: "string", default: "3000" },
      connections: { type: "string" },
      mailboxes: { type: "string", default: "3000" },
      rounds: { type: "string", default: "3" },
      seconds: { type: "string" },
      only: { type: "string" },
      checks: { type: "boolean", default: false },
      sizes: { type: "string", default: "1000,100000" },
      distinct: { type: "string", default: "10000" },
      format: { type: "string", default: "mdbox" },
      sessions: { type: "string", default: "2000" },
      processes: { type: "string", default: "1" },
      tenants: { type: "string", default: "1000" },
      people: { type: "string", default: "50" },
      requests: { type: "string", default: "200" },
    },
  });
  const { only } = values;
  const what = positionals.join(" ");
  if (what === "tenants") {
    const [tenants, people] = [whole("tenants", values.tenants), whole("people", values.people)];
    await benchTenants({ tenants, people, requests: whole("requests", values.requests) }, say);
    return;
  }
  if (what !== "delivery" && what !== "outbound" && what !== "imap" && what !== "idle")
    throw new Error("there are five measurements: delivery, outbound, imap, idle and tenants");
  if (only !== undefined && only !== "angelia" && only !== "peer")
    throw new Error("--only takes angelia or peer");
  if (what === "outbound") {
    const [messages, rounds] = [whole("messages", values.messages), whole("rounds", values.rounds)];
    await benchOutbound({ messages, rounds, only }, say);
    return;
  }
  if (what === "idle") {
    const [sessions, processes] = [whole("sessions", values.sessions), whole("processes", values.processes)];
    await benchIdle({ sessions, processes, only }, say);
    return;
  }
  if (what === "imap") {
    const { format } = values;
    if (format !== "mdbox" && format !== "maildir") throw new Error("--format takes mdbox or maildir");
    const sizes = values.sizes.split(",").map((size) => whole("sizes", size));
    const [distinct, connections, seconds] = [
      whole("distinct", values.distinct),
      whole("connections", values.connections ?? "2"),
      whole("seconds", values.seconds ?? "20"),
    ];
    await benchImap({ sizes, distinct, connections, seconds, format, only }, say);
    return;
  }
  await benchDelivery(
    {
      messages: whole("messages", values.messages),
      connections: whole("connections", values.connections ?? "20"),
      mailboxes: whole("mailboxes", values.mailboxes),
      rounds: whole("rounds", values.rounds),
      seconds: whole("seconds", values.seconds ?? "60"),
      only,
      checks: values.checks,
    },
    say,
  );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 1;
}
