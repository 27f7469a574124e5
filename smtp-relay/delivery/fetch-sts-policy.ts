import type { LookupFunction } from "node:net";
import { isIPv6 } from "node:net";
import { request } from "node:https";
import type { Resolver } from "../../src/dns/index.ts";
import { type MtaStsPolicy, parseStsPolicy } from "../../src/protocol/mta-sts/index.ts";
import type { TlsResultType } from "../../src/protocol/tls-rpt/index.ts";

/** RFC 8461 §3.3: a minute at most, and no more than 64 kilobytes. */
const TIMEOUT_MS = 60_000;
const SIZE_MAX = 65_536;

export type FetchedPolicy =
  | { readonly ok: true; readonly policy: MtaStsPolicy }
  | { readonly ok: false; readonly failure: TlsResultType; readonly reason: string };

/** Fetches a domain's policy over HTTPS. The certificate must be for `mta-sts.<domain>` and of an authority that is trusted, only 200
 * is an answer, and no redirect is followed (RFC 8461 §3.3). Never throws. */
export async function fetchStsPolicy(
  resolver: Resolver,
  domain: string,
  {
    port,
    ca,
    timeoutMs = TIMEOUT_MS,
  }: { readonly port: number; readonly ca: string[] | undefined; readonly timeoutMs?: number },
): Promise<FetchedPolicy> {
  const host = `mta-sts.${domain}`;
  try {
    const { status, type, body } = await get(host, port, ca, timeoutMs, lookUpWith(resolver));
    if (status !== 200) return { ok: false, failure: "sts-policy-fetch-error", reason: `HTTP ${status}` };
    if (!/^text\/plain\s*(?:;|$)/i.test(type))
      return { ok: false, failure: "sts-policy-invalid", reason: "not text/plain" };
    const parsed = parseStsPolicy(body);
    return parsed.ok
      ? { ok: true, policy: parsed.value }
      : { ok: false, failure: "sts-policy-invalid", reason: `no ${parsed.expected}` };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
    const isCertificate = /CERT|UNABLE_TO|SELF_SIGNED|ALTNAME/.test(code);
    return {
      ok: false,
      failure: isCertificate ? "sts-webpki-invalid" : "sts-policy-fetch-error",
      reason: code,
    };
  }
}

const none = (): readonly string[] => [];

/** Our own resolver in place of the system's. */
function lookUpWith(resolver: Resolver): LookupFunction {
  return (host, _options, done) => {
    const find = async (): Promise<{ address: string; family: number }[]> => {
      const lists = await Promise.all([resolver.aaaa(host).catch(none), resolver.a(host).catch(none)]);
      return lists.flat().map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    };
    const answer = async (): Promise<void> => {
      const found = await find();
      if (found.length > 0) done(null, found);
      else done(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), []);
    };
    void answer();
  };
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function get(
  host: string,
  port: number,
  ca: string[] | undefined,
  timeoutMs: number,
  lookup: LookupFunction,
): Promise<Page> {
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const asked = request(
    {
      host,
      port,
      path: "/.well-known/mta-sts.txt",
      servername: host,
      lookup,
      ...(ca === undefined ? {} : { ca }),
      minVersion: "TLSv1.2",
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    },
    (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > SIZE_MAX) asked.destroy(Object.assign(new Error("too long"), { code: "ETOOLONG" }));
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers["content-type"] ?? "", body }),
      );
    },
  );
  asked.on("error", reject);
  asked.end();
  return promise;
}
