import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

export interface WantedPort {
  readonly port: number;
  /** The setting that changes it. */
  readonly setting: string;
}

/** Tries to listen on each port, so that all that is wrong is told before anything starts.
 * @returns one line for each port that can't be had */
export async function portFaults(bind: string, wanted: readonly WantedPort[]): Promise<readonly string[]> {
  const faults = await Promise.all(
    wanted.map(async ({ port, setting }) => {
      const code = await tryListen(bind, port);
      if (code === undefined) return [];
      if (code === "EADDRINUSE") {
        const holder = holderOf(port);
        return [
          `Port ${port} is in use${holder === undefined ? "" : ` by ${holder}`}; set ${setting} to another.`,
        ];
      }
      if (code === "EACCES")
        return [
          `Port ${port} is for root only; set ${setting} to one above 1023, or allow it to this program.`,
        ];
      if (code === "EADDRNOTAVAIL")
        return [`This machine does not have the address ${bind}; change ANGELIA_BIND.`];
      return [`Port ${port} (${setting}) can't be listened on: ${code}.`];
    }),
  );
  return [...new Set(faults.flat())];
}

function tryListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The program that listens on a TCP port: `nginx (process 812)`. Linux only, and only what we may look at. */
function holderOf(port: number): string | undefined {
  try {
    const inodes = new Set(
      ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)),
    );
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
      if (holdsOne(pid, inodes))
        return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})`;
  } catch {
    // not Linux
  }
  return undefined;
}

/** The sockets in state LISTEN (0A) on the port: column 2 is `address:port` in hexadecimal, 4 the state, 10 the inode (proc_net_tcp). */
function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  let text: string;
  try {
    text = readFileSync(table, "utf8");
  } catch {
    return []; // no IPv6
  }
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((column) => column[1]?.endsWith(`:${hex}`) && column[3] === "0A")
    .flatMap((column) => column[9] ?? []);
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false; // it ended, or is another account's
  }
}
