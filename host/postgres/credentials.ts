import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { syncFolder } from "../sync-folder.ts";

/** What `<data dir>/postgres.json` keeps, readable by our account alone. */
const Credentials = z.strictObject({
  /** Where the cluster stands: relative to the data folder, absolute when it had to be outside. */
  cluster: z.string(),
  /** The port of the last start, kept as long as it is free. */
  port: z.int().min(0).max(65_535),
  ownerPassword: z.string(),
  appPassword: z.string(),
});
export type Credentials = z.output<typeof Credentials>;

const pathIn = (dataDir: string): string => join(dataDir, "postgres.json");

/** @throws {Error} the file is there but can't be read or is not ours */
export function readCredentials(dataDir: string): Credentials | undefined {
  let text: string;
  try {
    text = readFileSync(pathIn(dataDir), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return Credentials.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `${pathIn(dataDir)} is damaged; remove it, and new passwords are made at the next start`,
      {
        cause: error,
      },
    );
  }
}

/** Written whole or not at all, and on the disk when this returns. */
export function writeCredentials(dataDir: string, credentials: Credentials): void {
  const making = `${pathIn(dataDir)}.new`;
  rmSync(making, { force: true });
  const file = openSync(making, "wx", 0o600);
  try {
    writeSync(file, `${JSON.stringify(credentials, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(making, pathIn(dataDir));
  syncFolder(dataDir);
}

/** 256 random bits in 43 characters that need no quoting in SQL or in a URL. */
export const newPassword = (): string => randomBytes(32).toString("base64url");
