import { CORE } from "../capability.ts";
import type { Method } from "../method.ts";

/** RFC 8620 §4 */
export const coreEcho: Method = {
  name: "Core/echo",
  capability: CORE,
  run: (_context, args) => Promise.resolve([["Core/echo", args]]),
};
