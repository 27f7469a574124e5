import { listEmailChanges } from "../../../mailstore/index.ts";
import { changesMethod } from "../changes-method.ts";

/** RFC 8621 §4.3 */
export const emailChanges = changesMethod("Email", listEmailChanges);
