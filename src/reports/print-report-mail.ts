import { printMailDate } from "../protocol/compose/index.ts";

export interface ReportMail {
  readonly from: string;
  readonly to: string;
  /** name of the file, and the id of the report */
  readonly fileName: string;
  readonly reportId: string;
  readonly domain: string;
  /** who sends it: a domain */
  readonly submitter: string;
  /** packed */
  readonly content: Uint8Array;
  /** milliseconds since the epoch */
  readonly at: number;
  readonly kind: "dmarc" | "tls";
}

function base64Lines(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8_192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return (btoa(binary).match(/.{1,76}/g) ?? []).join("\r\n");
}

/** A report as a message: RFC 7489 §7.2.1.1 for DMARC, RFC 8460 §5.3 for TLS. */
export function printReportMail(mail: ReportMail): Uint8Array<ArrayBuffer> {
  const isTls = mail.kind === "tls";
  const boundary = `=_${mail.reportId.replaceAll(/[^A-Za-z0-9]/g, "")}`;
  const type = isTls ? "application/tlsrpt+gzip" : "application/gzip";
  const lines = [
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    `Subject: Report Domain: ${mail.domain}\r\n Submitter: ${mail.submitter}\r\n Report-ID: <${mail.reportId}>`,
    `Date: ${printMailDate(mail.at, 0)}`,
    `Message-ID: <${mail.reportId}.${mail.to.replaceAll(/[^a-z0-9]/gi, "-").slice(0, 80)}@${mail.submitter}>`,
    "Auto-Submitted: auto-generated",
    ...(isTls ? [`TLS-Report-Domain: ${mail.domain}`, `TLS-Report-Submitter: ${mail.submitter}`] : []),
    "MIME-Version: 1.0",
    `Content-Type: ${isTls ? 'multipart/report; report-type="tlsrpt"' : "multipart/mixed"};\r\n boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=us-ascii",
    "",
    isTls
      ? `This is a report about TLS with the mail servers of ${mail.domain}, from ${mail.submitter}.`
      : `This is a DMARC aggregate report for ${mail.domain}, from ${mail.submitter}.`,
    `The domain asks for it in its DNS. Nobody reads answers to this address.`,
    "",
    `--${boundary}`,
    `Content-Type: ${type};\r\n name="${mail.fileName}"`,
    `Content-Disposition: attachment;\r\n filename="${mail.fileName}"`,
    "Content-Transfer-Encoding: base64",
    "",
    base64Lines(mail.content),
    `--${boundary}--`,
    "",
  ];
  return new TextEncoder().encode(lines.join("\r\n"));
}
