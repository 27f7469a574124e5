import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { generate } from "selfsigned";
import type { Log } from "../src/kernel/ports.ts";
import type { Config } from "./config.ts";

const DAY_MS = 86_400_000;
/** A development certificate is made for a year, and made anew in its last month. */
const LIFE_MS = 365 * DAY_MS;
const RENEW_MS = 30 * DAY_MS;
const LOOK_MS = 60_000;

export interface CertificateAndKey {
  /** PEM, the server's own certificate first. */
  readonly cert: string;
  readonly key: string;
}

/** The certificate of all TLS servers of this process. */
export interface Tls {
  current(): CertificateAndKey;
  /** Calls `changed` when the files were renewed, so that a server takes the new certificate without a restart. */
  onChange(changed: (now: CertificateAndKey) => void): void;
  /** A line for the operator when clients can't trust the certificate. */
  readonly warning?: string;
  stop(): void;
}

type TlsConfig = Pick<Config, "tlsFiles" | "dataDir" | "hostname" | "hostedDomain">;

/** Loads the configured certificate, or makes one for development.
 * @param lookMs how often the files are looked at for a renewed certificate
 * @throws {Error} the files can't be read, or do not fit each other */
export async function loadTls(config: TlsConfig, log: Log, lookMs: number = LOOK_MS): Promise<Tls> {
  const files = config.tlsFiles ?? (await developmentFiles(config));
  let now = read(files);
  let stamp = stampOf(files);
  const listeners: ((now: CertificateAndKey) => void)[] = [];
  const timer = setInterval(() => {
    const seen = stampOf(files);
    if (seen === stamp) return;
    stamp = seen;
    try {
      now = read(files);
      for (const listener of listeners) listener(now);
      log.info("tls_certificate_renewed");
    } catch (error) {
      log.error("tls_certificate_unusable", { error }); // half written; the old one stays until the next change
    }
  }, lookMs);
  timer.unref();
  const tls = {
    current: () => now,
    onChange: (changed: (now: CertificateAndKey) => void) => void listeners.push(changed),
    stop: () => clearInterval(timer),
  };
  return config.tlsFiles === undefined
    ? { ...tls, warning: "TLS uses a certificate made here, which mail programs must be told to trust." }
    : tls;
}

interface Files {
  readonly cert: string;
  readonly key: string;
}

function read(files: Files): CertificateAndKey {
  try {
    const pair = { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
    createSecureContext(pair); // throws when they do not fit
    return pair;
  } catch (error) {
    throw new Error(
      `the TLS certificate ${files.cert} with the key ${files.key} can't be used: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function stampOf(files: Files): string {
  return [files.cert, files.key]
    .map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? "gone")
    .join(" ");
}

/** A self-signed certificate under the data folder, for this machine's names. */
async function developmentFiles({ dataDir, hostname, hostedDomain }: TlsConfig): Promise<Files> {
  const files = { cert: join(dataDir, "tls-development.crt"), key: join(dataDir, "tls-development.key") };
  if (stillGood(files, hostname)) return files;
  const names = [...new Set([hostname, "localhost", hostedDomain, `*.${hostedDomain}`])];
  const now = Date.now();
  const pems = await generate([{ name: "commonName", value: hostname }], {
    // Not ECDSA: with the versions of its parts that npm installs today, the package can't write such a certificate.
    keySize: 3072,
    algorithm: "sha256",
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + LIFE_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" },
        ],
      },
    ],
  });
  writeFileSync(files.key, pems.private, { mode: 0o600 });
  writeFileSync(files.cert, pems.cert, { mode: 0o644 });
  return files;
}

function stillGood(files: Files, hostname: string): boolean {
  try {
    const found = new X509Certificate(read(files).cert);
    return found.checkHost(hostname) !== undefined && Date.parse(found.validTo) - Date.now() > RENEW_MS;
  } catch {
    return false;
  }
}
