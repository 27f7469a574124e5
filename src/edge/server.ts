import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { isLoopback } from "./middleware/attempt-limit.ts";

/** The address of the client under Node: who connected, or whom the proxy on this machine names last in `X-Forwarded-For`. */
export function nodeClientAddress(c: Context): string | undefined {
  const { address } = getConnInfo(c).remote;
  if (address === undefined || !isLoopback(address)) return address;
  // Only the last entry was written by that proxy; the ones before it are what the client claims.
  const named = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim();
  return named === undefined || named === "" ? address : named.replaceAll(/^\[|\]$/g, "");
}
