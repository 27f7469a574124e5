/** A server that programs of people connect to. tls: from the first octet (RFC 8314 §3); starttls: never without it. */
export interface ClientServer {
  readonly protocol: "imap" | "pop3" | "smtp";
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls";
}

/** Ports as people reach them, which a proxy may change; 0: there is none. */
export interface ClientPorts {
  readonly imaps: number;
  readonly imap: number;
  readonly pop3s: number;
  readonly pop3: number;
  readonly submissions: number;
  readonly submission: number;
}

export const STANDARD_PORTS: ClientPorts = {
  imaps: 993,
  imap: 143,
  pop3s: 995,
  pop3: 110,
  submissions: 465,
  submission: 587,
};

/** Where programs of people find us. */
export interface ClientHosts {
  /** the name that IMAP, POP3 and submission have a certificate for */
  readonly host: string;
  readonly ports: ClientPorts;
  /** the pages and JMAP, without a slash at the end */
  readonly webUrl: string;
}

/** What is told to programs, IMAP first and the preferred one of each protocol first (RFC 8314 §3: TLS from the first octet). STARTTLS is
 * told where there is nothing else, and for submission, since some networks let out 587 only. */
export function clientServers({ host, ports }: ClientHosts): readonly ClientServer[] {
  const of = (
    protocol: ClientServer["protocol"],
    tls: number,
    starttls: number,
    isBoth: boolean,
  ): ClientServer[] => [
    ...(tls === 0 ? [] : [{ protocol, host, port: tls, security: "tls" } as const]),
    ...(starttls === 0 || (tls !== 0 && !isBoth)
      ? []
      : [{ protocol, host, port: starttls, security: "starttls" } as const]),
  ];
  return [
    ...of("imap", ports.imaps, ports.imap, false),
    ...of("pop3", ports.pop3s, ports.pop3, false),
    ...of("smtp", ports.submissions, ports.submission, true),
  ];
}
