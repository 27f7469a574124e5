import type { TenantTx } from "../../src/db/index.ts";
import { FLAG, type Mailbox, countPlacements, readDeletedBytes } from "../../src/mailstore/index.ts";
import { type StatusItem, type StatusValue, storageUnits } from "../../src/protocol/imap/index.ts";
import { printId } from "../../src/protocol/jmap/jmap-id.ts";
import { MAX_UID } from "./uids.ts";

type Value = number | string;

/** What the row of the mailbox answers. */
const OF_ROW: {
  readonly [I in Exclude<StatusItem, "DELETED" | "DELETED-STORAGE" | "RECENT" | "APPENDLIMIT">]: (
    box: Mailbox,
  ) => Value;
} = {
  MESSAGES: (box) => box.total,
  UIDNEXT: (box) => box.uidNext,
  UIDVALIDITY: (box) => box.uidValidity,
  UNSEEN: (box) => box.unseen,
  SIZE: (box) => box.totalBytes,
  HIGHESTMODSEQ: (box) => box.contentModseq,
  MAILBOXID: (box) => printId("mailbox", box.id),
};

/** A value that the row of the mailbox answers. */
export function statusOfRow(box: Mailbox, item: keyof typeof OF_ROW): StatusValue {
  return [item, OF_ROW[item](box)];
}

/** The values of STATUS for one mailbox (RFC 9051 §6.3.11). Only RECENT and DELETED read more than its row. */
export async function statusValues(
  tx: TenantTx,
  box: Mailbox,
  items: readonly StatusItem[],
  maxMessageBytes: number,
): Promise<StatusValue[]> {
  const values: StatusValue[] = [];
  for (const item of items) {
    if (item === "APPENDLIMIT") values.push([item, maxMessageBytes]);
    else if (item === "DELETED") values.push([item, await countDeleted(tx, box)]);
    else if (item === "DELETED-STORAGE")
      values.push([item, storageUnits(await readDeletedBytes(tx, box.id))]);
    else if (item === "RECENT") values.push([item, await countRecent(tx, box)]);
    else values.push([item, OF_ROW[item](box)]);
  }
  return values;
}

function countDeleted(tx: TenantTx, box: Mailbox): Promise<number> {
  return countPlacements(tx, box.id, { is: "bits", bits: FLAG.deleted });
}

async function countRecent(tx: TenantTx, box: Mailbox): Promise<number> {
  if (box.recentFromUid >= box.uidNext) return 0;
  return countPlacements(tx, box.id, { is: "uids", uids: [{ lo: box.recentFromUid, hi: MAX_UID }] });
}
