import type { Mailstore } from "../../../src/mailstore/index.ts";
import type { Tenancy } from "../../../src/tenants/index.ts";

/** The edge as one of the two runtimes serves it, and the modules below it for arranging. */
export interface EdgeRuntime {
  readonly name: "node" | "workerd";
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  /** @param client the address that the request comes from; without one it is this machine, which no limit counts */
  fetch(path: string, init?: RequestInit, client?: string): Promise<Response>;
  stop(): Promise<void>;
}

let starter: (() => Promise<EdgeRuntime>) | undefined;

/** Called by the setup file of each project, so that the same tests run on both. */
export function setRuntime(start: () => Promise<EdgeRuntime>): void {
  starter = start;
}

export async function startRuntime(): Promise<EdgeRuntime> {
  if (starter === undefined) throw new Error("no runtime: is the project's setup file missing?");
  return starter();
}
