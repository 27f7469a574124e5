import type { BlobSource } from "../../src/blob/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import type { RandomBytes } from "../../src/kernel/ports.ts";
import type { ClientFacts } from "../gate/client-facts.ts";
import { SPAM_CHECK_MAX } from "../scanners/rspamd.ts";
import { type Envelope, ScannerError } from "../scanners/scanner.ts";
import type { Scanners } from "../scanners/scanners.ts";
import { authenticateMessage } from "./authenticate-message.ts";
import { checkAttachments, type IndexedMessage } from "./check-attachments.ts";
import type { Findings, SpamFinding, VirusFinding } from "./finding.ts";

/** What the checks of incoming mail stand on. */
export interface InboundChecks {
  readonly scanners: Scanners;
  /** Domains whose ARC seals are believed. */
  readonly trustedSealers: ReadonlySet<string>;
}

export interface MessageToCheck {
  readonly content: BlobSource;
  /** The first octets of it, with the whole header. */
  readonly start: Uint8Array;
  readonly envelope: Envelope;
  /** The same message in parts. */
  readonly parts: IndexedMessage;
  /** What the gate has found out about the client. */
  readonly facts: ClientFacts;
}

/** Runs all checks of a message at the same time; none of them depends on who gets it. Never throws for what a scanner does. */
export async function runChecks(
  deps: {
    readonly checks: InboundChecks;
    readonly resolver: Resolver;
    readonly random: RandomBytes;
    /** our authserv-id */
    readonly hostname: string;
  },
  message: MessageToCheck,
): Promise<Findings> {
  const { checks, resolver, hostname } = deps;
  const { content, start, parts, envelope, facts } = message;
  const { ip, helo, mailFrom } = envelope;
  const { trustedSealers, scanners } = checks;
  const [authentication, spam, virus, attachments] = await Promise.all([
    authenticateMessage({ resolver, hostname, trustedSealers, ip, helo, mailFrom, content, start }),
    checkSpam(scanners, message),
    checkVirus(scanners, message),
    checkAttachments(parts),
  ]);
  const lot = (100 * new DataView(deps.random(4).buffer).getUint32(0)) / 2 ** 32;
  return {
    authentication: { check: "authentication", authentication, lot },
    spam: { check: "spam", scan: spam },
    virus: { check: "virus", scan: virus },
    attachments,
    client: {
      check: "client",
      isNameless: facts.isNameless,
      helo: facts.helo,
      isKnownGood: facts.isKnownGood,
    },
  };
}

async function checkSpam(
  scanners: Scanners,
  { content, envelope }: MessageToCheck,
): Promise<SpamFinding["scan"]> {
  const { rspamd } = scanners;
  if (rspamd === null) return { state: "off" };
  if (content.size > SPAM_CHECK_MAX) return { state: "skipped", why: `larger than ${SPAM_CHECK_MAX} octets` };
  try {
    return { state: "done", ...(await scanners.run("spam", () => rspamd.check(content, envelope))) };
  } catch (error) {
    return down(error);
  }
}

async function checkVirus(scanners: Scanners, { content }: MessageToCheck): Promise<VirusFinding["scan"]> {
  const { clamd } = scanners;
  if (clamd === null) return { state: "off" };
  try {
    const result = await scanners.run("virus", () => clamd.scan(content));
    if (result.kind === "tooLarge") return { state: "skipped", why: result.why };
    return { state: "done", virus: result.kind === "virus" ? result.name : null };
  } catch (error) {
    return down(error);
  }
}

/** @throws {unknown} it is not about the scanner */
function down(error: unknown): { readonly state: "down"; readonly why: string } {
  if (error instanceof ScannerError) return { state: "down", why: error.message };
  throw error;
}
