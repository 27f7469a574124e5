import { getJson, postJson } from "../http.ts";
import { Batch, BatchAnswer, type Call } from "./batch.ts";
import { CoreLimits, JmapSession } from "./objects.ts";
import { z } from "zod";

const MAIL = "urn:ietf:params:jmap:mail";
const CORE = "urn:ietf:params:jmap:core";

/** Everything that the mail screens ask the server, in the one account of the person who is signed in. */
export interface Jmap {
  readonly accountId: string;
  readonly username: string;
  readonly limits: CoreLimits;
  batch(): Batch;
  send(batch: Batch, signal?: AbortSignal): Promise<BatchAnswer>;
  /** One call in a batch of its own. */
  call<T>(
    method: string,
    args: Readonly<Record<string, unknown>>,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T>;
  downloadUrl(blob: { readonly blobId: string; readonly name: string; readonly type: string }): string;
  readonly uploadUrl: string;
  /** @param pingSeconds how often the server shows that the stream still lives */
  eventSourceUrl(types: readonly string[], pingSeconds: number): string;
}

/** The same URL on our own origin. The page and JMAP are served by one edge, which may know itself under a name
 * other than the one in the address bar (a proxy in front, a tunnel); the cookie goes to the latter only. */
function onOwnOrigin(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]+/i, "");
}

/** Fills a URI template of level 1. @see RFC 6570 §3.2.2 */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

/** Types that a browser would run as a page of our origin are asked for as plain bytes. */
function harmless(type: string): string {
  return /^(image\/(png|jpeg|gif|webp|avif|bmp)|application\/pdf|audio\/|video\/|text\/plain)/i.test(type)
    ? type
    : "application/octet-stream";
}

/** @throws {HttpProblem} 401 when nobody is signed in   @throws {Unreachable} */
export async function openJmap(signal?: AbortSignal): Promise<Jmap> {
  const session = await getJson("/.well-known/jmap", JmapSession, signal);
  const accountId = session.primaryAccounts[MAIL];
  if (accountId === undefined) throw new Error("the JMAP session has no mail account");
  const limits = CoreLimits.parse(session.capabilities[CORE] ?? {});
  const apiUrl = onOwnOrigin(session.apiUrl);

  async function send(batch: Batch, stop?: AbortSignal): Promise<BatchAnswer> {
    return new BatchAnswer(await postJson(apiUrl, batch.toRequest(), z.unknown(), stop));
  }

  return {
    accountId,
    username: session.username,
    limits,
    batch: () => new Batch(accountId),
    send,
    async call(method, args, schema, stop) {
      const batch = new Batch(accountId);
      const call: Call<z.infer<typeof schema>> = batch.add(method, args, schema);
      return (await send(batch, stop)).of(call);
    },
    downloadUrl: ({ blobId, name, type }) =>
      fill(onOwnOrigin(session.downloadUrl), { accountId, blobId, name, type: harmless(type) }),
    uploadUrl: fill(onOwnOrigin(session.uploadUrl), { accountId }),
    eventSourceUrl: (types, pingSeconds) =>
      fill(onOwnOrigin(session.eventSourceUrl), {
        types: types.join(","),
        closeafter: "no",
        ping: String(pingSeconds),
      }),
  };
}
