import {
  type AnnotationSubject,
  listAnnotationChanges,
  listAnnotations,
  readDeletedBytes,
  setAnnotations,
} from "../../src/mailstore/index.ts";
import { type Attack, nothing, throws } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";

const box = ({ accountId, mailboxId }: Inhabitant): AnnotationSubject => ({ accountId, mailboxId });
const note = { entry: "/shared/comment", isShared: true, value: new Uint8Array([1]) };
const all = { entries: ["/shared", "/private"], depth: "infinity" as const, maxBytes: 100 };

/** Store functions behind QUOTA, METADATA and NOTIFY. */
export const imapExtrasAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/annotation#listAnnotationChanges": nothing((tx, v) =>
    listAnnotationChanges(tx, v.accountId, v.accountId, 0, 10),
  ),
  "mailstore/annotation#listAnnotations": nothing((tx, v) => listAnnotations(tx, [box(v)], v.accountId, all)),
  "mailstore/annotation#setAnnotations": throws((tx, v, self) =>
    setAnnotations(tx, { ...box(v), accountId: self.accountId }, self.accountId, [note]),
  ),
  "mailstore/deleted-size#readDeletedBytes": nothing((tx, v) => readDeletedBytes(tx, v.mailboxId)),
};
