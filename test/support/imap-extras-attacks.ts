import { readDeletedBytes } from "../../src/mailstore/index.ts";
import { type Attack, nothing } from "./attack.ts";

/** Store functions behind QUOTA, METADATA and NOTIFY. */
export const imapExtrasAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/deleted-size#readDeletedBytes": nothing((tx, v) => readDeletedBytes(tx, v.mailboxId)),
};
