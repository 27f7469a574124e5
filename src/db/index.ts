export { Db, type SystemTx, type TenantStatement, type TenantTx } from "./db.ts";
export { openDb } from "./open-db.ts";
