import { Hono } from "hono";
import { MailError } from "../../kernel/error.ts";
import { newUuid } from "../../kernel/uuid.ts";
import { printAppleProfile } from "../../protocol/autoconfig/index.ts";
import { openProfile } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Limits } from "../middleware/limits.ts";
import { clientHosts } from "./client-hosts.ts";

const ABOUT = {
  en: (address: string) => `Sets up the mail of ${address} on this device.`,
  el: (address: string) => `Ρυθμίζει την αλληλογραφία της διεύθυνσης ${address} σε αυτή τη συσκευή.`,
} as const;

/** `/devices/<token>.mobileconfig`: the configuration of a telephone, with its password in it, for the one who comes first. It is signed with
 * the certificate of the server where there is one; the device says «not signed» otherwise. */
export function profileRoutes(deps: EdgeDeps, limits: Limits): Hono {
  const { tenancy, store, signProfile } = deps;
  return new Hono().get("/:file{[a-z2-7]+\\.[a-z2-7]+\\.mobileconfig}", async (c) => {
    limits.discovery(c);
    c.header("cache-control", "no-store");
    c.header("referrer-policy", "no-referrer");
    c.header("x-content-type-options", "nosniff");
    // Whoever only looks whether it is there must not use it up.
    if (c.req.method !== "GET") return c.body(null, 405, { allow: "GET" });
    const owner = await openProfile(tenancy, c.req.param("file").replace(/\.mobileconfig$/, ""));
    const title = owner.address.slice(owner.address.lastIndexOf("@") + 1);
    const about = (owner.locale.startsWith("el") ? ABOUT.el : ABOUT.en)(owner.address);
    const ids = [owner.credentialId, newUuid(store.clock, store.random)] as const;
    const text = printAppleProfile(clientHosts(deps, c), { ...owner, title, about, ids });
    if (text === null) throw new MailError("link_invalid", { why: "no server to set up" });
    const plain = Uint8Array.from(new TextEncoder().encode(text));
    const signed = (await signProfile?.(plain)) ?? null;
    return c.body(signed ?? plain, 200, {
      "content-type": "application/x-apple-aspen-config",
      "content-disposition": 'attachment; filename="mail.mobileconfig"',
    });
  });
}
