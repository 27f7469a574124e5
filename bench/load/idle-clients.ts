// Clients that sign in, select their inbox and idle: a process of its own, which holds little for each and tells when it is woken.
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type IdlePlan, type IdleReport, sharedClockMs } from "./idle-plan.ts";

const plan: IdlePlan = JSON.parse(process.argv[2] ?? "");
const PATIENCE_MS = 60_000;

const report = (what: IdleReport): void => void process.send?.(what);

/** What is said, and what the answer to it begins with; `what` is said as soon as the one before is answered. */
interface Step {
  readonly say: string;
  readonly answer: RegExp;
}

function stepsOf(session: number): readonly Step[] {
  const { login } = plan;
  if (login === undefined) return [{ say: "hello\r\n", answer: /^hello/ }];
  const user = `u${session % login.accounts}${login.after}`;
  return [
    { say: "", answer: /^\* OK/ },
    { say: `a LOGIN ${user} ${login.password}\r\n`, answer: /^a OK/ },
    { say: "b SELECT INBOX\r\n", answer: /^b OK/ },
    { say: "c IDLE\r\n", answer: /^\+/ },
  ];
}

/** A proxy that ends TLS says so in version 2 (PP2_TYPE_SSL); version 1 has no word for it. */
function proxyHeader(session: number): Buffer {
  // RFC 2544's networks for benchmarks: so many clients from one address would be too many.
  const octets = [198, 18 + ((session >> 16) & 1), (session >> 8) & 255, session & 255];
  if (plan.proxy !== 2) return Buffer.from(`PROXY TCP4 ${octets.join(".")} 127.0.0.1 50000 993\r\n`);
  const ssl = [0x20, 0, 5, 0x01, 0, 0, 0, 0];
  const addresses = [...octets, 127, 0, 0, 1, 0xc3, 0x50, 0x03, 0xe1];
  const start = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11];
  return Buffer.from([...start, 0, addresses.length + ssl.length, ...addresses, ...ssl]);
}

function dial(session: number): Socket {
  const to = { port: plan.port, host: "127.0.0.1", localAddress: plan.from[session % plan.from.length] };
  return plan.tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
}

/** Opens one session; resolves when it idles. @throws {Error} it could not */
function open(session: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const steps = stepsOf(session);
    const socket = dial(session);
    let at = 0;
    let rest = "";
    let lastLine = "";
    const late = setTimeout(() => reject(new Error(`session ${session} waits at step ${at}`)), PATIENCE_MS);
    const isOpen = (): boolean => at === steps.length;
    const said = (line: string): void => {
      lastLine = line;
      if (isOpen()) {
        if (line.endsWith(" EXISTS")) report({ kind: "exists", session, atMs: sharedClockMs() });
        return;
      }
      if (/^[abc] (NO|BAD)|^\* BYE/.test(line)) reject(new Error(`session ${session}: ${line}`));
      if (steps[at]?.answer.test(line) !== true) return;
      at++;
      if (isOpen()) {
        clearTimeout(late);
        resolve();
      } else socket.write(steps[at]?.say ?? "");
    };
    socket.once(plan.tls ? "secureConnect" : "connect", () => {
      if (plan.proxy !== undefined) socket.write(proxyHeader(session));
      socket.write(steps[0]?.say ?? "");
    });
    socket.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      lines.forEach(said);
    });
    socket.on("error", (error) => reject(error));
    socket.on("close", () => {
      reject(new Error(`session ${session} was closed: ${lastLine}`));
      report({ kind: "closed", session, lastLine });
    });
  });
}

async function openAll(): Promise<void> {
  const began = performance.now();
  let next = plan.first;
  const work = async (): Promise<void> => {
    while (next < plan.first + plan.count) await open(next++);
  };
  await Promise.all(Array.from({ length: plan.atOnce }, work));
  report({ kind: "opened", count: plan.count, elapsedMs: performance.now() - began });
}

process.on("disconnect", () => process.exit(0));
try {
  await openAll();
} catch (error) {
  report({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
}
