export { type HistoryEvent, type Opening, rowOf, TraceId, traceIdOf } from "./history-event.ts";
export { countEvents, insertEvents, purgeHistory } from "./history.store.ts";
export { countTraffic, listTenantIds, listTraffic } from "./traffic.store.ts";
export { findTrace, searchTraces } from "./read-history.ts";
