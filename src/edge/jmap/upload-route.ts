import type { Handler } from "hono";
import { MailError } from "../../kernel/error.ts";
import { newUuid } from "../../kernel/uuid.ts";
import { insertUpload } from "../../mailstore/index.ts";
import type { ByteSource } from "../../protocol/compose/index.ts";
import { printBlobId, printId } from "../../protocol/jmap/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { Concurrency } from "./concurrency.ts";
import { JMAP_LIMITS } from "./jmap-limits.ts";
import { sendRequestError } from "./request-error.ts";

/** The client went away, or sent another number of octets than it said. */
class BrokenBody extends Error {}

async function* bodyOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) yield next.value;
}

/** A body whose length was told, streamed: nothing is held in memory. It can be read once. */
function streamed(body: ReadableStream<Uint8Array> | null, size: number): ByteSource {
  return {
    size,
    async *chunks() {
      let read = 0;
      for await (const chunk of bodyOf(body)) {
        read += chunk.length;
        if (read > size) throw new BrokenBody();
        yield chunk;
      }
      if (read < size) throw new BrokenBody();
    },
  };
}

/** A body of unknown length, in memory. @returns null when it is too large */
async function collected(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<ByteSource | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(body)) {
    size += chunk.length;
    if (size > maxBytes) return null;
    pieces.push(chunk);
  }
  return {
    size,
    async *chunks() {
      yield* pieces;
    },
  };
}

/** A media type as the client named it, without anything that could break a header. */
function typeOf(header: string | undefined): string {
  const type = (header ?? "").trim();
  return /^[\x20-\x7e]{1,200}$/.test(type) && type.includes("/") ? type : "application/octet-stream";
}

/** `POST /jmap/upload/{accountId}` (RFC 8620 §6.1) */
export function uploadRoute({ store }: EdgeDeps): Handler<SignedInEnv> {
  const concurrency = new Concurrency(JMAP_LIMITS.maxConcurrentUpload);
  return async (c) => {
    const { tenantId, accountId } = c.get("principal");
    const { body, headers } = c.req.raw;
    if (c.req.param("accountId") !== printId("account", accountId)) {
      await body?.cancel();
      throw new MailError("account_unknown");
    }
    const leave = concurrency.enter(accountId);
    if (leave === null)
      return sendRequestError(c, "limit", "too many uploads at once", "maxConcurrentUpload");
    try {
      const max = JMAP_LIMITS.maxSizeUpload;
      const told = headers.get("content-length");
      const length = told !== null && /^\d{1,15}$/.test(told) ? Number(told) : undefined;
      const source =
        length === undefined ? await collected(body, max) : length > max ? null : streamed(body, length);
      if (source === null) {
        // What is not read here may not be read after the answer.
        if (body?.locked === false) await body.cancel();
        throw new MailError("message_too_large", { max });
      }
      const blob = await store.vault.store(tenantId, source);
      const upload = {
        id: newUuid(store.clock, store.random),
        blobId: blob.id,
        type: typeOf(c.req.header("content-type")),
        size: blob.size,
      };
      await store.db.tenant(tenantId, (tx) => insertUpload(tx, accountId, upload));
      const blobId = printBlobId({ kind: "upload", uploadId: upload.id });
      c.header("cache-control", "no-store");
      return c.json(
        { accountId: printId("account", accountId), blobId, type: upload.type, size: upload.size },
        201,
      );
    } catch (error) {
      if (error instanceof BrokenBody) throw new MailError("invalid_input", { why: "body cut off" });
      throw error;
    } finally {
      leave();
    }
  };
}
