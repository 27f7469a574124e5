import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A wire to another server that can be cut and mended. */
export interface TcpCut extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections at once, and refuses new ones. */
  cut(): void;
  mend(): void;
}

export async function tcpCut(target: { readonly host: string; readonly port: number }): Promise<TcpCut> {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut() {
      isCut = true;
      for (const socket of open) socket.resetAndDestroy();
    },
    mend() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      isCut = true;
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
