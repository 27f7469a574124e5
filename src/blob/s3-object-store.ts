import { AwsClient } from "aws4fetch";
import { MailError } from "../kernel/error.ts";
import type { ObjectStore } from "./object-store.ts";

export interface S3Settings {
  /** e.g. `https://s3.example.org`; path-style requests are made, which every S3-compatible store takes */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream({
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

/** An S3-compatible object store (Ceph, Garage, MinIO, R2, …), by fetch and SigV4. */
export function s3ObjectStore(settings: S3Settings): ObjectStore {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = settings;
  // The bodies are streams, which can't be sent a second time: the caller answers 4xx instead of a retry here.
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const url = (key: string): string =>
    `${endpoint.replace(/\/$/, "")}/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  const ask = async (key: string, init: RequestInit): Promise<Response> => {
    let answer: Response;
    try {
      answer = await client.fetch(url(key), init);
    } catch (error) {
      throw new MailError("unavailable", { store: "s3" }, { cause: error });
    }
    if (answer.ok || (init.method === "DELETE" && answer.status === 404)) return answer;
    await answer.body?.cancel();
    throw new MailError(answer.status === 404 ? "blob_unknown" : "unavailable", {
      store: "s3",
      status: answer.status,
    });
  };
  return {
    hotBytesMax: 262_144, // a request is dear
    async put(key, size, body) {
      // Content is authenticated ciphertext, so its hash needs no second signature.
      const headers = { "content-length": String(size), "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const init = { method: "PUT", headers, body: streamOf(body), duplex: "half" };
      await (await ask(key, init)).body?.cancel();
    },
    async *get(key, start, end) {
      const answer = await ask(key, { method: "GET", headers: { range: `bytes=${start}-${end - 1}` } });
      if (answer.body === null) return;
      const reader = answer.body.getReader();
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
      } finally {
        await reader.cancel();
      }
    },
    async delete(key) {
      await (await ask(key, { method: "DELETE" })).body?.cancel();
    },
  };
}
