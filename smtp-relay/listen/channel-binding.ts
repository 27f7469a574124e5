import { createHash, X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** RFC 9266 §2. */
const EXPORTER = { label: "EXPORTER-Channel-Binding", octets: 32 } as const;

/** The hash of the server's certificate, by the hash that it is signed with; one that is broken counts as SHA-256 (RFC 5929 §4.1).
 * @returns undefined: it is signed in a way that has no such hash */
export function serverEndPoint(certificate: Uint8Array): Uint8Array | undefined {
  const { signatureAlgorithm = "" } = new X509Certificate(certificate);
  const size = /(?:sha-?|md)(\d+)/i.exec(signatureAlgorithm)?.[1];
  if (size === undefined) return undefined;
  const hash = size === "1" || size === "5" ? "sha256" : `sha${size}`;
  return createHash(hash).update(certificate).digest();
}

/** What only the two ends of a TLS connection know, by the name of the way to it: `tls-exporter` or `tls-server-end-point`.
 * @returns undefined: there is no such way on this connection */
export function channelBinding(socket: TLSSocket, type: string): Uint8Array | undefined {
  if (type === "tls-server-end-point") {
    const certificate = socket.getCertificate();
    return certificate !== null && "raw" in certificate && certificate.raw instanceof Uint8Array
      ? serverEndPoint(certificate.raw)
      : undefined;
  }
  // Before TLS 1.3 it would have to be known that the session's secret is bound to its handshake (RFC 9266 §4.2).
  if (type !== "tls-exporter" || socket.getProtocol() !== "TLSv1.3") return undefined;
  return socket.exportKeyingMaterial(EXPORTER.octets, EXPORTER.label, Buffer.alloc(0));
}
