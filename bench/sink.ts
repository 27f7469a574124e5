import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../test/support/free-ports.ts";
import type { SinkCount } from "./load/sink.ts";

export interface Sink {
  readonly port: number;
  reset(): void;
  /** Waits until this many messages have come. @throws {Error} they do not */
  settled(messages: number): Promise<SinkCount>;
  stop(): void;
}

const LOOK_MS = 20;
const PATIENCE_MS = 300_000;

const isCount = (told: unknown): told is SinkCount =>
  typeof told === "object" && told !== null && "count" in told;

/** Starts the server that both sides send to. */
export async function startSink(): Promise<Sink> {
  const [port = 0] = await freePorts(1);
  const child = fork(join(import.meta.dirname, "load/sink.ts"), [String(port)]);
  await once(child, "message");
  const count = async (): Promise<SinkCount> => {
    const told = once(child, "message");
    child.send("count");
    const [answer]: unknown[] = await told;
    if (!isCount(answer)) throw new Error("the sink says something else");
    return answer;
  };
  return {
    port,
    reset: () => void child.send("reset"),
    async settled(messages) {
      for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(LOOK_MS)) {
        const now = await count();
        if (now.count >= messages) return now;
      }
      throw new Error(`${(await count()).count} of ${messages} messages arrived in time`);
    },
    stop: () => child.disconnect(),
  };
}
