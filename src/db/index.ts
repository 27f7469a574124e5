export { Db, type SystemTx, type TenantTx } from "./db.ts";
export { openDb } from "./open-db.ts";
