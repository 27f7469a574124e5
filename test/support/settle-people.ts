import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import * as lists from "../../src/people/import.store.ts";
import * as invitation from "../../src/people/invitation.store.ts";
import * as mandate from "../../src/people/mandate.store.ts";
import * as person from "../../src/people/person.store.ts";
import * as resource from "../../src/people/resource.store.ts";

/** Whose rows are made. */
interface Settled {
  readonly accountId: AccountId;
  readonly sharedAccountId: AccountId;
  readonly address: string;
  readonly tokenHash: Uint8Array;
}

export const AT = 1.7e12;
export const START = "2026-01-01T00:00:00.000Z";
export const END = "2036-01-01T00:00:00.000Z";
/** Rows of the victim that have no id of their own in the world have that of their account. */
export const listOf = ({ accountId }: Pick<Settled, "accountId">): string => accountId;
export const mandateOf = ({ accountId }: Pick<Settled, "accountId">): string => accountId;
const SEALED = { tenantKeyId: "00000000-0000-7000-8000-0000000000b1", wrappedKey: new Uint8Array(8) };
const FACTS: lists.ImportFacts = {
  onExisting: "refuse",
  access: "generate",
  encoding: "utf-8",
  separator: ",",
  columns: ["address"],
  unknownHeaders: [],
  fresh: 1,
  existing: 0,
  faulty: 0,
  errorCount: 0,
  errors: [],
  sample: [],
};
export const HOLDER = { role: "manager", letters: "lrs", canSend: true } as const;
export const batch = {
  from: 0,
  size: 1,
  created: 1,
  updated: 0,
  skipped: 0,
  failed: 0,
  until: AT,
  result: SEALED,
};
export const listRow = (id: string, of: Pick<Settled, "accountId" | "address">) => ({
  id,
  createdBy: of.address,
  createdById: of.accountId,
  createdAt: AT,
  facts: FACTS,
  domains: null,
  total: 1,
  rows: SEALED,
});
export const invitationOf = (accountId: AccountId, tokenHash: Uint8Array) => ({
  accountId,
  tokenHash,
  sentTo: "x@elsewhere.test",
  createdBy: "thief",
  createdAt: AT,
  expiresAt: AT + 1e12,
});

/** Gives an agency an invitation, a running list with a result, a resource, a mandate and a card. */
export async function settlePeople(tx: TenantTx, of: Settled): Promise<void> {
  const { accountId, sharedAccountId, tokenHash } = of;
  await invitation.upsertInvitations(tx, [invitationOf(accountId, tokenHash)]);
  await lists.insertImport(tx, listRow(listOf(of), of));
  await lists.markStarted(tx, listOf(of), AT);
  await lists.advanceImport(tx, listOf(of), batch);
  await resource.upsertResource(tx, sharedAccountId, {
    kind: "room",
    capacity: 7,
    description: "of the victim",
  });
  await person.updateCard(tx, accountId, { unit: "of the victim" });
  const times = { startsAt: START, endsAt: END };
  await mandate.insertMandate(tx, {
    id: mandateOf(of),
    mailboxId: sharedAccountId,
    holderId: accountId,
    ...HOLDER,
    ...times,
  });
}
