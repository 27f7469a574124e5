import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { System } from "../support/system.ts";

interface Account {
  /** The Maildirs and the state are kept here. */
  readonly dir: string;
  /** Takes IMAP over TLS. */
  readonly port: number;
  /** PEM file of the server's certificate. */
  readonly certificate: string;
  readonly user: string;
  readonly password: string;
}

/** Writes mbsync's configuration for a two-way sync of all folders (isync 1.4). @returns its path */
export function mbsyncrc({ dir, port, certificate, user, password }: Account): string {
  const path = join(dir, "mbsyncrc");
  const lines = [
    "IMAPAccount angelia",
    "Host 127.0.0.1",
    `Port ${port}`,
    `User "${user}"`,
    `Pass "${password}"`,
    "SSLType IMAPS",
    "SystemCertificates no",
    `CertificateFile ${certificate}`,
    "AuthMechs LOGIN",
    "Timeout 60",
    "",
    "IMAPStore far",
    "Account angelia",
    "",
    "MaildirStore near",
    `Path ${dir}/`,
    `Inbox ${dir}/INBOX`,
    "SubFolders Verbatim",
    "",
    "Channel all",
    "Far :far:",
    "Near :near:",
    "Patterns *",
    "Create Both",
    "Remove Both",
    "Expunge Both",
    "SyncState *",
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** Where a started system takes IMAP over TLS, and the certificate that it made for itself. */
export function secureImap({ ports, dataDir }: System): Pick<Account, "port" | "certificate"> {
  return { port: ports.imaps, certificate: join(dataDir, "tls-development.crt") };
}
