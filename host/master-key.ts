import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "./config.ts";
import { syncFolder } from "./sync-folder.ts";

export interface MasterKey {
  /** 32 octets that wrap the key of every tenant. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** A line for the operator when the key lies beside the data. */
  readonly warning?: string;
}

/** The key from ANGELIA_MASTER_KEY, else one for development from `<data dir>/master.key`, made at the first start.
 * @throws {Error} the file is damaged */
export function loadMasterKey({ masterKey, dataDir }: Pick<Config, "masterKey" | "dataDir">): MasterKey {
  if (masterKey !== undefined) return { key: masterKey };
  const path = join(dataDir, "master.key");
  const text = read(path) ?? make(path);
  const key = Uint8Array.from(Buffer.from(text, "base64"));
  if (key.length !== 32)
    throw new Error(`${path} is damaged: it must hold 32 bytes in base64. Put back its copy from a backup.`);
  return {
    key,
    warning: `The master key lies in ${path}, beside the data that it protects. For real mail set ANGELIA_MASTER_KEY and keep a copy elsewhere.`,
  };
}

/** Linked into place when it is whole and on the disk: a key that is lost takes all mail with it. */
function make(path: string): string {
  const text = `${randomBytes(32).toString("base64")}\n`;
  const making = `${path}.${process.pid}`;
  const file = openSync(making, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  linkSync(making, path);
  rmSync(making);
  syncFolder(dirname(path));
  return text;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
