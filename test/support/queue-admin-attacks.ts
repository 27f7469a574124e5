import * as admin from "../../src/outbound/queue-admin.store.ts";
import { type Attack, nothing, own } from "./attack.ts";

const NOW = 1.8e12;

export const queueAdminAttacks: Readonly<Record<string, Attack>> = {
  "outbound/queue-admin#countQueue": own((tx) => admin.countQueue(tx, NOW)),
  "outbound/queue-admin#dropRow": nothing((tx, v) =>
    admin.dropRow(tx, v.lease.id, { attempts: 0, reply: "550 no", now: NOW }),
  ),
  "outbound/queue-admin#findChosen": nothing((tx, v) => admin.findChosen(tx, { ids: [v.lease.id] })),
  "outbound/queue-admin#holdRows": nothing((tx, v) =>
    admin.holdRows(tx, { ids: [v.lease.id] }, { by: "a", reason: "", now: 3e12 }),
  ),
  "outbound/queue-admin#listQueue": nothing((tx, v) =>
    admin.listQueue(tx, { sender: v.address, limit: 9 }, NOW),
  ),
  "outbound/queue-admin#listQueuedRecipients": nothing((tx, v) => admin.listQueuedRecipients(tx, v.lease.id)),
  "outbound/queue-admin#makeDue": nothing((tx, v) => admin.makeDue(tx, { ids: [v.lease.id] }, NOW)),
  "outbound/queue-admin#readQueueEntry": nothing((tx, v) => admin.readQueueEntry(tx, v.lease.id)),
  "outbound/queue-admin#releaseRows": nothing((tx, v) => admin.releaseRows(tx, { ids: [v.lease.id] }, NOW)),
};
