import * as history from "../../src/history/history.store.ts";
import { TraceId } from "../../src/history/index.ts";
import { type Attack, nothing, own } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";

const traceOf = (v: Inhabitant): TraceId => TraceId.parse(v.submissionId);

export const historyAttacks: Readonly<Record<string, Attack>> = {
  "history/history#countEvents": own((tx) => history.countEvents(tx, 0)),
  "history/history#insertEvents": own((tx, _, self) =>
    history.insertEvents(tx, [{ traceId: traceOf(self), at: 1.7e12, kind: "dropped", recipient: "" }]),
  ),
  "history/history#listTraceEvents": nothing((tx, v) => history.listTraceEvents(tx, traceOf(v))),
  "history/history#listTraceLines": nothing((tx, v) =>
    history.listTraceLines(tx, { sender: v.address, limit: 10 }),
  ),
};
