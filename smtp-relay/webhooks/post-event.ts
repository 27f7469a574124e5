import { request as plainRequest } from "node:http";
import { request } from "node:https";
import { isAddressHost, publicLookup } from "../public-lookup.ts";

/** Without an octet, and in all. */
const TIMEOUT_MS = 10_000;
const WHOLE_MS = 20_000;

/** What came of posting an event. `status` is null when there was no answer; `error` says why it is not taken, null when it is. */
export interface Posted {
  readonly status: number | null;
  readonly error: string | null;
}

/** Why there is no answer, without anything that the other side said. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const name = error instanceof Error ? error.name : "";
  if (code === "EPRIVATE") return "private_address";
  if (/ENOTFOUND|EAI_/.test(code)) return "dns";
  if (/CERT|SSL|TLS|UNABLE_TO|SELF_SIGNED|ALTNAME|EPROTO/.test(code)) return "tls";
  if (/TIMEOUT|ABORT/i.test(`${code}${name}`)) return "timeout";
  return "refused";
}

/** Whether we call such an address at all: https, and a host name, which must have a public address at the time of the call. */
export const isCallable = (url: string): boolean => {
  const parsed = URL.parse(url);
  return parsed?.protocol === "https:" && parsed.username === "" && !isAddressHost(url);
};

/** Posts an event to a webhook. Follows nothing, and reads nothing but the status. Never throws.
 * @param allowPrivate the operator lets agencies call hosts inside, also without TLS */
export function postEvent(
  url: string,
  body: string,
  fields: Readonly<Record<string, string>>,
  allowPrivate: boolean,
): Promise<Posted> {
  if (!allowPrivate && !isCallable(url)) return Promise.resolve({ status: null, error: "private_address" });
  const { promise, resolve } = Promise.withResolvers<Posted>();
  const ask = url.startsWith("http:") ? plainRequest : request;
  const content = new TextEncoder().encode(body);
  const call = ask(url, {
    method: "POST",
    headers: {
      ...fields,
      "content-type": "application/json",
      "content-length": content.length,
      "user-agent": "Angelia-Webhooks",
    },
    timeout: TIMEOUT_MS,
    signal: AbortSignal.timeout(WHOLE_MS),
    ...(allowPrivate ? {} : { lookup: publicLookup }),
  });
  call.on("timeout", () => call.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  call.on("error", (error) => resolve({ status: null, error: reasonOf(error) }));
  call.on("response", (response) => {
    const { statusCode = 0 } = response;
    response.destroy();
    resolve({ status: statusCode, error: statusCode >= 200 && statusCode < 300 ? null : "status" });
  });
  call.end(content);
  return promise;
}
