import { Resolver as NodeDns } from "node:dns/promises";
import { DnsError, type Resolver } from "../../src/dns/index.ts";

/** One question, to one server; two tries. */
const TIMEOUT_MS = 5_000;

/** Answers that say "there is none". */
const NONE = new Set(["ENOTFOUND", "ENODATA"]);

/** @param servers addresses and ports; undefined: those of the system */
export function nodeResolver(
  servers?: readonly { readonly host: string; readonly port: number }[],
): Resolver {
  const dns = new NodeDns({ timeout: TIMEOUT_MS, tries: 2 });
  if (servers !== undefined)
    dns.setServers(
      servers.map(({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)),
    );
  return {
    mx: (domain) => ask(`MX ${domain}`, () => dns.resolveMx(domain)),
    a: (host) => ask(`A ${host}`, () => dns.resolve4(host)),
    aaaa: (host) => ask(`AAAA ${host}`, () => dns.resolve6(host)),
    ptr: (ip) => ask(`PTR ${ip}`, () => dns.reverse(ip)),
    txt: async (name) => (await ask(`TXT ${name}`, () => dns.resolveTxt(name))).map((text) => text.join("")),
  };
}

async function ask<T>(question: string, run: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await run();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "EUNKNOWN";
    if (NONE.has(code)) return [];
    throw new DnsError(code, question, { cause: error });
  }
}
