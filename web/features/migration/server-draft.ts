import type { z } from "zod";
import type { ImapSource, NewMigration } from "../../../src/contract/migrations.ts";

/** Whose mail: one person's, that of many with their passwords in a list, or that of many with an administrator's access. */
export const WHOSE = ["one", "list", "admin"] as const;
export type Whose = (typeof WHOSE)[number];

export const ADMIN_LOGINS = ["master-user", "authorization", "token"] as const;
export type AdminLogin = (typeof ADMIN_LOGINS)[number];

/** What the fields of the form hold. */
export interface ServerDraft {
  readonly host: string;
  readonly port: string;
  readonly security: "tls" | "starttls" | "none";
  readonly allowAnyCertificate: boolean;
  readonly whose: Whose;
  readonly address: string;
  readonly user: string;
  readonly password: string;
  readonly csv: string | undefined;
  readonly csvName: string;
  readonly login: AdminLogin;
  readonly admin: string;
  readonly secret: string;
  readonly addresses: string;
  readonly into: string;
}

export const EMPTY: ServerDraft = {
  host: "",
  port: "",
  security: "tls",
  allowAnyCertificate: false,
  whose: "one",
  address: "",
  user: "",
  password: "",
  csv: undefined,
  csvName: "",
  login: "master-user",
  admin: "",
  secret: "",
  addresses: "",
  into: "",
};

export const linesOf = (text: string): readonly string[] =>
  text
    .split(/[\s,;]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");

type Field = "host" | "port" | "address" | "password" | "csv" | "admin" | "secret" | "addresses";

/** The fields that lack something, before the server is asked. */
export function missingIn(draft: ServerDraft): readonly Field[] {
  const { whose, login } = draft;
  const needed: readonly Field[] =
    whose === "one"
      ? ["host", "address", "password"]
      : whose === "list"
        ? ["host", "csv"]
        : ["host", ...(login === "token" ? [] : (["admin"] as const)), "secret", "addresses"];
  const isPort = draft.port.trim() === "" || /^\d{1,5}$/.test(draft.port.trim());
  return [
    ...needed.filter((field) => (draft[field] ?? "").trim() === ""),
    ...(isPort ? [] : (["port"] as const)),
  ];
}

/** The old server, as the routes want it. */
export function sourceOf(draft: ServerDraft): z.input<typeof ImapSource> {
  const { host, port, security, allowAnyCertificate, whose, login, admin, secret } = draft;
  const loginOf = (): NonNullable<z.input<typeof ImapSource>["login"]> => {
    if (whose !== "admin") return { kind: "password" };
    if (login === "token") return { kind: "token", token: secret };
    if (login === "authorization") return { kind: "authorization", admin: admin.trim(), password: secret };
    return { kind: "master-user", master: admin.trim(), password: secret };
  };
  return {
    kind: "imap",
    host: host.trim(),
    ...(port.trim() !== "" && { port: Number(port) }),
    security,
    allowCleartext: security === "none",
    allowAnyCertificate,
    login: loginOf(),
  };
}

/** The whole wish, as `POST /v1/migrations` wants it. */
export function migrationOf(draft: ServerDraft): z.input<typeof NewMigration> {
  const { whose, address, user, password, csv, addresses, into } = draft;
  return {
    source: sourceOf(draft),
    into: into.trim(),
    ...(whose === "one" && {
      mailboxes: [
        { address: address.trim(), user: user.trim() === "" ? address.trim() : user.trim(), password },
      ],
    }),
    ...(whose === "list" && csv !== undefined && { csv }),
    ...(whose === "admin" && { mailboxes: linesOf(addresses).map((one) => ({ address: one })) }),
  };
}
