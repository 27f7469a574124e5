import { listThreadChanges } from "../../../mailstore/index.ts";
import { changesMethod } from "../changes-method.ts";

/** RFC 8621 §3.2 */
export const threadChanges = changesMethod("Thread", listThreadChanges);
