import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A wire to another server that lets only so many octets a second through, or none at all. */
export interface SlowTcp extends AsyncDisposable {
  readonly port: number;
  /** From now on connections stay open and nothing goes through any more, until it is called with false. */
  hang(isHanging: boolean): void;
}

const TICK_MS = 10;

/** @param bytesPerSecond from the server, for each connection */
export async function slowTcp(port: number, bytesPerSecond: number): Promise<SlowTcp> {
  const open = new Set<Socket>();
  const state = { isHanging: false };
  const follow = async (near: Socket, far: Socket): Promise<void> => {
    for await (const piece of far) {
      if (!Buffer.isBuffer(piece)) continue;
      const step = Math.max(1, Math.floor((bytesPerSecond * TICK_MS) / 1_000));
      for (let at = 0; at < piece.length; at += step) {
        while (state.isHanging && !near.destroyed) await sleep(TICK_MS);
        near.write(piece.subarray(at, at + step));
        if (piece.length > step) await sleep(TICK_MS);
      }
    }
    near.end();
  };
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => open.delete(socket));
    }
    near.pipe(far);
    near.on("close", () => far.destroy());
    follow(near, far).catch(() => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    hang(now) {
      state.isHanging = now;
    },
    async [Symbol.asyncDispose]() {
      state.isHanging = false;
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
