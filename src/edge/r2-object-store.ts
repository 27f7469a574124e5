import type { ObjectStore } from "../blob/index.ts";
import { MailError } from "../kernel/error.ts";

/** An R2 bucket that is bound to the worker: no keys, no network of ours in between. */
export function r2ObjectStore(bucket: R2Bucket): ObjectStore {
  return {
    hotBytesMax: 262_144, // a request is dear
    async put(key, size, body) {
      const { readable, writable } = new FixedLengthStream(size);
      const writer = writable.getWriter();
      const copy = async (): Promise<void> => {
        try {
          for await (const chunk of body) await writer.write(chunk);
          await writer.close();
        } catch (error) {
          await writer.abort(error).catch(() => undefined);
          throw error;
        }
      };
      await Promise.all([bucket.put(key, readable), copy()]);
    },
    async *get(key, start, end) {
      const object = await bucket.get(key, { range: { offset: start, length: end - start } });
      if (object === null) throw new MailError("blob_unknown", { store: "r2" });
      const reader = object.body.getReader();
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          const chunk: Uint8Array = next.value;
          yield chunk;
        }
      } finally {
        await reader.cancel();
      }
    },
    async delete(key) {
      await bucket.delete(key);
    },
  };
}
