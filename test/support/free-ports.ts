import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the range from which the kernel takes ports for outgoing connections (ip_local_port_range, from 32768 on), so
 * that a server which is killed and started again never finds its port used by one of its own clients. */
const FIRST = 20_000;
const LAST = 32_000;
/** Each test process that runs at the same time has a part of its own: between the look and the use of a port nobody else takes it. */
const PARTS = 4;
const PART = (Number(process.env["VITEST_POOL_ID"] ?? 1) - 1) % PARTS;
const SIZE = (LAST - FIRST) / PARTS;

/** Ports of 127.0.0.1 on which nothing listens, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = FIRST + PART * SIZE + randomInt(SIZE);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
