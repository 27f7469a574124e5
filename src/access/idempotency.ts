import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import type { Tenancy } from "../tenants/index.ts";
import {
  answerRequest,
  beginRequest,
  dropRequest,
  readRequest,
  type RequestName,
} from "./idempotency.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long an answer is given again. */
export const ANSWERS_KEPT_MS = 24 * 3_600_000;
/** A run that has not answered after this long is taken for dead: no request of ours takes a minute. */
const SILENT_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Bytes;
}

/** One run of a request: it stores its answer once, or leaves no trace. */
export interface RequestRun {
  /** Makes an answer ready before the transaction that it tells of. @returns what stores it in that transaction */
  seal(answer: Answer): Promise<(tx: TenantTx) => Promise<void>>;
  /** Stores an answer by itself. */
  store(answer: Answer): Promise<void>;
  /** Whether an answer was handed to the transaction that it tells of. */
  isHandedOver(): boolean;
  /** Forgets the request, unless its answer is stored. */
  drop(): Promise<void>;
}

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((octet, i) => octet === b[i]);

/** Begins a request that has been named by its client, or finds the answer that it has got already.
 * @param fingerprint of all that is in the request
 * @throws {MailError} request_differs, request_in_progress with `retryAfterMs` */
export async function beginOnce(
  { db, keys, clock, random }: Pick<Tenancy, "db" | "keys" | "clock" | "random">,
  tenantId: TenantId,
  name: RequestName,
  fingerprint: Bytes,
): Promise<{ readonly answer: Answer } | { readonly run: RequestRun }> {
  const about = `answer:${name.actor}`;
  const now = clock();
  const run = newUuid(clock, random);
  const times = { now, silentSince: now - SILENT_MS, oldSince: now - ANSWERS_KEPT_MS };
  const found = await db.tenant(tenantId, async (tx) =>
    (await beginRequest(tx, name, { fingerprint, run, ...times })) ? null : readRequest(tx, name),
  );
  if (found === null) {
    let isHandedOver = false;
    const seal: RequestRun["seal"] = async ({ status, contentType, body }) => {
      const sealed = await keys.sealSecret(tenantId, about, body);
      return async (tx) => {
        isHandedOver = true;
        await answerRequest(tx, name, run, { status, contentType, ...sealed });
      };
    };
    return {
      run: {
        seal,
        async store(answer) {
          await db.tenant(tenantId, await seal(answer));
        },
        isHandedOver: () => isHandedOver,
        drop: () => db.tenant(tenantId, (tx) => dropRequest(tx, name, run)),
      },
    };
  }
  if (found !== undefined && !same(found.fingerprint, fingerprint))
    throw new MailError("request_differs", { actor: name.actor });
  if (found === undefined || found.answer === null) {
    const retryAfterMs = found === undefined ? 1_000 : Math.max(1_000, found.startedAt + SILENT_MS - now);
    throw new MailError("request_in_progress", { retryAfterMs });
  }
  const { status, contentType } = found.answer;
  return { answer: { status, contentType, body: await keys.openSecret(tenantId, about, found.answer) } };
}
