import { isIP } from "node:net";
import type { z } from "zod";
import { type DnsPrimary, parseDnsPrimary } from "../smtp-relay/signing/dns-update.ts";

/** What one process can do; each is switched on by its name in ANGELIA_ROLES. */
const ROLES = ["edge", "mx", "submission", "imap", "pop3", "delivery", "jobs"] as const;
export type Role = (typeof ROLES)[number];
export type Roles = ReadonlySet<Role>;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The one host that takes all outgoing mail. */
export interface Smarthost extends Endpoint {
  /** TLS from the first byte (port 465), else STARTTLS where the host offers it. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

const isRole = (name: string): name is Role => ROLES.some((role) => role === name);

/** `mx,delivery`; all when not given. */
export function parseRoles(text: string | undefined, ctx: z.core.$RefinementCtx): Roles {
  if (text === undefined) return new Set(ROLES);
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.filter((name) => !isRole(name));
  if (wrong.length > 0)
    refuse(
      ctx,
      text,
      `has no role ${wrong.map((name) => `"${name}"`).join(", ")}; the roles are ${ROLES.join(", ")}`,
    );
  return new Set(names.filter(isRole));
}

/** `9.9.9.9`, `127.0.0.1:5353,[::1]:53`: name servers by address, port 53 unless given. */
export function parseResolvers(
  text: string | undefined,
  ctx: z.core.$RefinementCtx,
): readonly Endpoint[] | undefined {
  return text?.split(",").map((item) => {
    const found = parseEndpoint(item.trim(), 53);
    if (found !== undefined && isIP(found.host) !== 0) return found;
    refuse(ctx, text, `"${item.trim()}" is not the address of a name server, like 9.9.9.9 or 127.0.0.1:5353`);
    return { host: "", port: 0 };
  });
}

/** `ns1.example:53,dkim.example,key-name,hmac-sha256,<secret in base64>`: where the records of signing keys are written. */
export function parseDnsUpdate(text: string | undefined, ctx: z.core.$RefinementCtx): DnsPrimary | undefined {
  if (text === undefined) return undefined;
  const found = parseDnsPrimary(text);
  if (found !== null) return found;
  refuse(ctx, "", "must be server:port,zone,key name,hmac-sha256,secret in base64");
  return undefined;
}

/** `127.0.0.1:3310`, or the path of a Unix socket; `off`: none, even if there is one on this machine. */
export function parseClamd(
  text: string | undefined,
  ctx: z.core.$RefinementCtx,
): Endpoint | { readonly path: string } | "off" | undefined {
  if (text === undefined || text === "off") return text;
  if (text.startsWith("/")) return { path: text };
  const found = parseEndpoint(text, 3310);
  if (found === undefined) refuse(ctx, text, "must be host:port or the path of a socket");
  return found;
}

/** `lists.example,forwarder.example`: domain names. */
export function parseDomains(text: string | undefined, ctx: z.core.$RefinementCtx): ReadonlySet<string> {
  const names = (text ?? "").split(",").flatMap((item) => item.trim().toLowerCase() || []);
  const wrong = names.find((name) => !/^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$/.test(name));
  if (wrong !== undefined) refuse(ctx, text ?? "", `"${wrong}" is not a domain name`);
  return new Set(names);
}

/** `relay.example`, `relay.example:2525`, `smtp://user:password@relay.example:587`, `smtps://…`. */
export function parseSmarthost(text: string | undefined, ctx: z.core.$RefinementCtx): Smarthost | undefined {
  if (text === undefined) return undefined;
  if (!text.includes("://")) {
    const found = parseEndpoint(text, 25);
    if (found !== undefined) return { ...found, secure: false, login: undefined };
  } else if (URL.canParse(text)) {
    const { protocol, hostname, port, username, password } = new URL(text);
    if (hostname !== "" && (protocol === "smtp:" || protocol === "smtps:")) {
      const secure = protocol === "smtps:";
      const login =
        username === ""
          ? undefined
          : { user: decodeURIComponent(username), password: decodeURIComponent(password) };
      const byDefault = secure ? 465 : login === undefined ? 25 : 587;
      return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || byDefault), secure, login };
    }
  }
  refuse(ctx, text, "must be host, host:port, or smtp://user:password@host:port (smtps:// for TLS)");
  return undefined;
}

/** `host`, `host:port`, `[::1]`, `[::1]:port` or a bare IPv6 address. */
function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
  if (isIP(text) === 6) return { host: text, port: defaultPort };
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9][a-z0-9.-]*))(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? defaultPort);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

function refuse(ctx: z.core.$RefinementCtx, input: string, message: string): void {
  ctx.addIssue({ code: "custom", message, input });
}

const CLIENT_PORTS = ["imap", "imaps", "pop3", "pop3s", "submission", "submissions"] as const;
type ClientPortName = (typeof CLIENT_PORTS)[number];

/** `imaps=993,submissions=465,pop3s=off`: ports as people reach them, which a proxy in front may change. 0: not told to anybody. */
export function parseClientPorts(
  text: string | undefined,
  ctx: z.core.$RefinementCtx,
): Partial<Record<ClientPortName, number>> {
  const ports: Partial<Record<ClientPortName, number>> = {};
  for (const part of (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")) {
    const [, name, value = ""] = /^([a-z0-9]+)=(off|[1-9]\d{0,4})$/.exec(part) ?? [];
    const known = CLIENT_PORTS.find((one) => one === name);
    const port = value === "off" ? 0 : Number(value);
    if (known === undefined || port > 65_535) {
      refuse(ctx, text ?? "", `must look like imaps=993,submissions=465,pop3s=off; "${part}" does not`);
      return {};
    }
    ports[known] = port;
  }
  return ports;
}
