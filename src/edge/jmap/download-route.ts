import type { Handler } from "hono";
import { MailError } from "../../kernel/error.ts";
import { printId } from "../../protocol/jmap/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { DOWNLOAD_HEADERS } from "../middleware/page-policy.ts";
import { findBlobs, sourceOfBlob } from "./found-blob.ts";

const TYPE = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}(?:; ?charset="?[a-z0-9_.:-]{1,40}"?)?$/i;

/** `attachment; filename=…` in the form that browsers read (RFC 6266 §4.1, RFC 8187). */
function dispositionOf(name: string): string {
  const clean = name
    .replaceAll(/[\p{Cc}/\\]/gu, "_")
    .slice(0, 200)
    .toWellFormed();
  const isPlain = /^[\x20-\x7e]*$/.test(clean) && !/["%]/.test(clean);
  if (isPlain) return `attachment; filename="${clean}"`;
  const encoded = encodeURIComponent(clean).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${clean.replaceAll(/[^\x20-\x7e]|["%]/g, "_")}"; filename*=UTF-8''${encoded}`;
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/** `GET /jmap/download/{accountId}/{blobId}/{name}?type=…` (RFC 8620 §6.2). What came by mail is never shown as a page of ours:
 * it is offered as a file, and a sandbox holds it if somebody opens it all the same. */
export function downloadRoute({ store }: EdgeDeps): Handler<SignedInEnv> {
  return async (c) => {
    const { tenantId, accountId } = c.get("principal");
    const { accountId: account = "", blobId = "", name = "" } = c.req.param();
    if (account !== printId("account", accountId)) throw new MailError("blob_unknown", { blobId });
    const found = await store.db.tenant(tenantId, (tx) => findBlobs(tx, accountId, [blobId]));
    const blob = found.get(blobId);
    if (blob === undefined) throw new MailError("blob_unknown", { blobId });
    const wanted = c.req.query("type") ?? blob.type;
    const headers = {
      ...DOWNLOAD_HEADERS,
      "content-type": TYPE.test(wanted) ? wanted : "application/octet-stream",
      "content-length": String(blob.size),
      "content-disposition": dispositionOf(name),
      // A blob never changes; only the person who may see it keeps a copy.
      "cache-control": "private, immutable, max-age=31536000",
    };
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    return c.body(streamOf(sourceOfBlob(store, tenantId, blob).chunks()), 200, headers);
  };
}
