import { createSecureContext, type SecureContext } from "node:tls";

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The certificate of all TLS servers of a process; it changes while they run. */
export interface CertificateSource {
  current(): Certificate;
  onChange(changed: (now: Certificate) => void): void;
}

const contextOf = ({ cert, key }: Certificate): SecureContext =>
  createSecureContext({ cert, key, minVersion: "TLSv1.2" });

/** @returns a function that gives the context of the moment */
export function serverTls(certificates: CertificateSource): () => SecureContext {
  let context = contextOf(certificates.current());
  certificates.onChange((now) => {
    context = contextOf(now);
  });
  return () => context;
}
