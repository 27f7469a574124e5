import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Cipher } from "../../src/blob/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { fileSpooled } from "./file-spooled.ts";
import { KnownRecipients } from "./known-recipients.ts";
import { MessageSpool } from "./message-spool.ts";
import { SpoolReplay } from "./replay.ts";

/** What a relay that takes mail while the database is away stands on. */
export interface StoreAndForward {
  readonly spool: MessageSpool;
  readonly known: KnownRecipients;
  /** Whether the database was away a moment ago: to ask it again would only keep the client waiting. */
  isAway(): boolean;
  /** To be called when a question to the database ended without an answer. */
  wentAway(): void;
  stop(): Promise<void>;
}

/** After a failure the database is left alone for so long. */
const AWAY_MS = 3_000;
const SAVE_MS = 60_000;

/** Opens the spool of a data folder, and begins to file what waits in it: one process at a time has it.
 * @param key 32 octets, for this purpose only   @param bytesMax octets that all waiting messages may take */
export async function openStoreAndForward(options: {
  readonly dataDir: string;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly cipher: Cipher;
  readonly bytesMax: number;
  readonly outbound: Outbound;
  readonly log: Log;
  /** how often what waits is tried */
  readonly lookMs?: number;
}): Promise<StoreAndForward> {
  const { dataDir, key, cipher, bytesMax, outbound, log } = options;
  const clock: Clock = outbound.store.clock;
  const folder = join(dataDir, "store-and-forward");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const seal = { key, cipher };
  const spool = new MessageSpool(join(folder, "messages"), seal, bytesMax);
  const known = await KnownRecipients.open(folder, seal, clock, log);
  const timer = setInterval(() => void known.save(), SAVE_MS);
  let awayUntil = 0;
  const replay = new SpoolReplay(spool, (message) => fileSpooled({ outbound, log }, message), {
    log,
    clock,
    ...(options.lookMs === undefined ? {} : { lookMs: options.lookMs }),
  });
  replay.start();
  return {
    spool,
    known,
    isAway: () => awayUntil > clock(),
    wentAway: () => void (awayUntil = clock() + AWAY_MS),
    async stop() {
      clearInterval(timer);
      await replay.stop();
      await known.save();
    },
  };
}
