import type { Context, MiddlewareHandler } from "hono";
import { type Answer, beginOnce, type RequestRun } from "../../access/index.ts";
import type { TenantTx } from "../../db/index.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { type AdminEnv, requesterOf } from "./access.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const HEADER = "idempotency-key";
/** Routes that take more than this have no such keys: what is compared is held in memory. */
const COMPARED_MAX_BYTES = 16_777_216;
const STORED_MAX_BYTES = 1_048_576;
/** What was decided about the request, so that it is the same again; all else was refused before anything was done. */
const DECIDED = new Set([404, 409, 410, 422, 507]);

const refuse = (code: string): MailError =>
  new MailError("invalid_input", { errors: [{ field: "Idempotency-Key", code }] });

/** What the client has chosen: a string of RFC 8941 §3.3.3, or the same without its quotes. @throws {MailError} invalid_input */
function parseName(value: string): string {
  const name = /^"((?:[ !#-[\]-~]|\\["\\])+)"$|^([!#-~]+)$/.exec(value.trim());
  const chosen = name?.[1] ?? name?.[2];
  if (chosen === undefined) throw refuse("malformed");
  if (chosen.length > 255) throw refuse("too_long");
  return chosen;
}

const encode = (text: string): Bytes => new Uint8Array(new TextEncoder().encode(text));

const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** SHA-256 of method, address and body. */
async function fingerprintOf(c: Context): Promise<Bytes> {
  const { pathname, search } = new URL(c.req.url);
  const head = encode(`${c.req.method} ${pathname}${search}\n`);
  // Kept by Hono for whoever reads it next.
  const body = new Uint8Array(await c.req.arrayBuffer());
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return sha256(all);
}

const again = ({ status, contentType, body }: Answer): Response =>
  new Response(body.length === 0 ? null : body, {
    status,
    headers: {
      ...(contentType === "" ? {} : { "content-type": contentType }),
      "idempotent-replayed": "true",
    },
  });

async function keep(run: RequestRun, res: Response): Promise<void> {
  const isDecided = res.status < 400 || DECIDED.has(res.status);
  const body = isDecided ? new Uint8Array(await res.clone().arrayBuffer()) : new Uint8Array();
  if (!isDecided || body.length > STORED_MAX_BYTES) return run.drop();
  return run.store({ status: res.status, contentType: res.headers.get("content-type") ?? "", body });
}

/** Where the body may be too long to be compared. @throws {MailError} invalid_input: there is an Idempotency-Key */
const refuseNames: MiddlewareHandler<AdminEnv> = (c, next) => {
  if (c.req.header(HEADER) !== undefined) throw refuse("malformed");
  return next();
};

/** What looks after Idempotency-Keys in a route whose body is at most so long. */
export const onceOf = (maxBytes: number): MiddlewareHandler<AdminEnv> =>
  maxBytes > COMPARED_MAX_BYTES ? refuseNames : (c, next) => c.get("once")(c, next);

/** Runs a POST with an Idempotency-Key once (draft-ietf-httpapi-idempotency-key-header): the same request again gets the same answer for
 * a day, another request under the same key is refused (422), and one that is being worked on has to wait (409).
 *
 * A process that dies in between leaves a request without an answer. It is run again when it comes again after a minute. A route that
 * stores its answer in its own transaction (`answerWithin`) has then either done nothing, or its answer is there; of any other
 * the change may stand already, and the second run meets it. */
export const repeatOnce =
  ({ tenancy, log }: EdgeDeps): MiddlewareHandler<AdminEnv> =>
  async (c, next) => {
    const value = c.req.header(HEADER);
    if (c.req.method !== "POST" || value === undefined) return next();
    const principal = c.get("principal");
    const actor = requesterOf(c);
    const keyHash = await sha256(encode(parseName(value)));
    const begun = await beginOnce(tenancy, principal.tenantId, { actor, keyHash }, await fingerprintOf(c));
    if ("answer" in begun) return again(begun.answer);
    c.set("run", begun.run);
    await next();
    // It stands already, stored with what it tells of.
    if (begun.run.isHandedOver() && c.res.status < 400) return undefined;
    try {
      await keep(begun.run, c.res);
    } catch (error) {
      // The client gets its answer; the same request again finds none, and is run again after a minute.
      if (!(error instanceof MailError)) throw error;
      log.warn("http.answer_not_kept", { code: error.code });
    }
    return undefined;
  };

/** Makes the answer of a POST ready, to be stored in the transaction of what it tells of: after a crash both are there, or neither.
 * @returns what is called in that transaction; it does nothing when the client gave no Idempotency-Key */
export async function answerWithin(
  c: Context<AdminEnv>,
  status: number,
  value: unknown,
): Promise<(tx: TenantTx) => Promise<void>> {
  const run = c.get("run");
  if (run === undefined) return () => Promise.resolve();
  const body = encode(JSON.stringify(value));
  return run.seal({ status, contentType: "application/json", body });
}
