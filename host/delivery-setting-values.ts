import { isIP, isIPv6 } from "node:net";
import type { z } from "zod";
import type { EgressAddresses } from "../smtp-relay/delivery/delivery-settings.ts";
import { PoolName } from "../src/outbound/index.ts";

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `4h`, `5d`, in milliseconds. */
export function parseDuration(text: string, ctx: z.core.$RefinementCtx): number {
  const match = /^(\d{1,4})([mhd])$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ""] ?? 0);
  if (ms > 0) return ms;
  ctx.addIssue({ code: "custom", message: "must be a time like 30m, 4h or 5d", input: text });
  return 0;
}

const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** `main=192.0.2.1/mx1.example,2001:db8::1;bulk=192.0.2.2/mx2.example`: for each pool the addresses of this machine that its mail leaves
 * from, and after the first of them the name that EHLO says.
 * @returns null where the name is not given: that of the server */
export function parseEgress(
  text: string | undefined,
  ctx: z.core.$RefinementCtx,
): ReadonlyMap<PoolName, Omit<EgressAddresses, "hostname"> & { readonly hostname: string | null }> {
  const pools = new Map<PoolName, Omit<EgressAddresses, "hostname"> & { readonly hostname: string | null }>();
  const refuse = (message: string): void => ctx.addIssue({ code: "custom", message, input: text });
  for (const item of (text ?? "").split(";").map((one) => one.trim())) {
    if (item === "") continue;
    const [name = "", list = ""] = item.split("=");
    const pool = PoolName.safeParse(name.trim());
    if (!pool.success) {
      refuse(`has no pool "${name.trim()}"; the pools are ${PoolName.options.join(", ")}`);
      continue;
    }
    const addresses: string[] = [];
    let hostname: string | null = null;
    for (const one of list.split(",").map((part) => part.trim())) {
      const [ip = "", host] = one.split("/");
      if (isIP(ip) === 0)
        refuse(`"${one}" is not an address, or an address and a name: 192.0.2.1/mx1.example`);
      else addresses.push(ip);
      if (host !== undefined && !HOST_NAME.test(host.toLowerCase()))
        refuse(`"${host}" is not the name of a host`);
      else if (host !== undefined) hostname ??= host.toLowerCase();
    }
    pools.set(pool.data, {
      ipv4: addresses.filter((ip) => !isIPv6(ip)),
      ipv6: addresses.filter(isIPv6),
      hostname,
    });
  }
  return pools;
}
