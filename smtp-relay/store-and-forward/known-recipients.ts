import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sourceOf } from "../../src/blob/index.ts";
import { TenantId } from "../../src/kernel/id.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import { type FileSeal, openSealedFile, writeSealedFile } from "./sealed-file.ts";

/** Who was found in this time is taken for somebody who is still here. */
const KEPT_MS = 7 * 86_400_000;
const KEPT_MAX = 200_000;
/** A known recipient is written down again after this, so that a week of mail is not a week of writing. */
const FRESH_MS = 3_600_000;

const Saved = z.array(z.tuple([z.string(), TenantId, z.number()]));

interface Known {
  readonly tenantId: TenantId;
  /** milliseconds since the epoch */
  readonly at: number;
}

/** Addresses for which mail is taken while the database is away: those that it has found lately. Kept in an encrypted file, so that
 * a relay which starts while the database is away knows them too. */
export class KnownRecipients {
  readonly #folder: string;
  readonly #seal: FileSeal;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #known = new Map<string, Known>();
  #isChanged = false;

  private constructor(folder: string, seal: FileSeal, clock: Clock, log: Log) {
    this.#folder = folder;
    this.#seal = seal;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads what was saved; what can't be read is as good as nothing. */
  static async open(folder: string, seal: FileSeal, clock: Clock, log: Log): Promise<KnownRecipients> {
    const known = new KnownRecipients(folder, seal, clock, log);
    const name = known.#files().at(-1);
    if (name === undefined) return known;
    try {
      const source = await openSealedFile(seal, join(folder, name), name);
      const pieces: Uint8Array[] = [];
      for await (const piece of source.chunks()) pieces.push(piece);
      for (const [address, tenantId, at] of Saved.parse(JSON.parse(Buffer.concat(pieces).toString())))
        known.#known.set(address, { tenantId, at });
    } catch (error) {
      log.warn("known_recipients_unreadable", { error });
    }
    return known;
  }

  remember(address: string, tenantId: TenantId): void {
    const at = this.#clock();
    const before = this.#known.get(address);
    if (before !== undefined && before.tenantId === tenantId && at - before.at < FRESH_MS) return;
    // The one that was seen longest ago is the first.
    this.#known.delete(address);
    this.#known.set(address, { tenantId, at });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#isChanged = true;
  }

  find(address: string): TenantId | undefined {
    const known = this.#known.get(address);
    return known !== undefined && known.at > this.#clock() - KEPT_MS ? known.tenantId : undefined;
  }

  /** Writes down what has changed. Never throws. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const oldest = this.#clock() - KEPT_MS;
    const rows = [...this.#known].flatMap(([address, { tenantId, at }]) =>
      at > oldest ? [[address, tenantId, at] as const] : [],
    );
    const name = `known-${String(this.#clock()).padStart(15, "0")}-${randomUUID()}`;
    try {
      const before = this.#files();
      const bytes = new TextEncoder().encode(JSON.stringify(rows));
      await writeSealedFile(this.#seal, join(this.#folder, name), name, sourceOf(bytes));
      for (const old of before) if (old !== name) await rm(join(this.#folder, old), { force: true });
    } catch (error) {
      this.#isChanged = true;
      this.#log.warn("known_recipients_unsaved", { error });
    }
  }

  #files(): string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => /^known-\d{15}-[\da-f-]{36}$/.test(name))
      .toSorted();
  }
}
