import { request } from "node:https";
import { isAddressHost, publicLookup } from "../public-lookup.ts";

/** Without an octet. */
const TIMEOUT_MS = 30_000;
/** In all: a host that sends its answer letter by letter holds up nobody else's report. */
const WHOLE_MS = 120_000;

/** Puts a report to a URL (RFC 8460 §5.4). Follows nothing, and reads nothing but the status.
 * @throws {Error} it is not taken */
export function postReport(url: string, type: string, content: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (isAddressHost(url)) return Promise.reject(new Error("an address is no host"));
  const call = request(url, {
    method: "POST",
    headers: { "content-type": type, "content-length": content.length },
    lookup: publicLookup,
    timeout: TIMEOUT_MS,
    signal: AbortSignal.timeout(WHOLE_MS),
  });
  call.on("timeout", () => call.destroy(new Error("the host does not answer")));
  call.on("error", reject);
  call.on("response", (response) => {
    const { statusCode = 0 } = response;
    response.destroy();
    if (statusCode >= 200 && statusCode < 300) resolve();
    else reject(new Error(`the host answers ${statusCode}`));
  });
  call.end(content);
  return promise;
}
