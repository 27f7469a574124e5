import type { Outbound } from "../../src/outbound/index.ts";
import type { Tenancy } from "../../src/tenants/index.ts";

/** A value that `--json` prints. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a command gives back. */
export interface Result {
  /** for `--json` */
  readonly json: Json;
  /** for people: one or more lines */
  readonly text: string;
  /** The command did not do what was asked; the text says why. */
  readonly failed?: boolean;
}

export interface Command {
  /** `tenant create` */
  readonly name: string;
  /** what follows the name: `<slug> --name <name>` */
  readonly usage: string;
  readonly about: string;
  /** Positional words that it takes, all needed. */
  readonly words: readonly string[];
  /** Words that may follow them; "" when they don't. */
  readonly optionalWords?: readonly string[];
  /** Options that it takes; those without a value are flags. */
  readonly options: Readonly<Record<string, "value" | "flag">>;
  run(tenancy: Tenancy, given: Given, outbound: Outbound): Promise<Result>;
}

/** The words and options of one call, checked against its command. */
export interface Given {
  /** @throws {UsageError} it is missing */
  word(name: string): string;
  option(name: string): string | undefined;
  /** @throws {UsageError} it is missing or empty */
  needed(name: string): string;
  flag(name: string): boolean;
}

/** The command line is not one that we understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `7GB`, `500 MB`, `1.5g`, `1000000`: octets, in powers of 1024. @throws {UsageError} */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = Math.round(Number(match?.[1]) * (UNITS[match?.[2]?.toLowerCase() ?? ""] ?? Number.NaN));
  if (match === null || !Number.isSafeInteger(bytes))
    throw new UsageError(`«${text}» is not a size; write it like 7GB or 500MB.`);
  return bytes;
}
