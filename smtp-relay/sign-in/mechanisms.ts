/** A way to sign in (RFC 4422), by the name that clients use. */
export type Mechanism =
  | "PLAIN"
  | "LOGIN"
  | "SCRAM-SHA-256"
  | "SCRAM-SHA-256-PLUS"
  | "OAUTHBEARER"
  | "XOAUTH2";

/** What can be told of a connection. */
interface Channel {
  channelBinding(type: string): Uint8Array | undefined;
}

/** A sign-in can be bound to the TLS connection below: it ends here, and not at a proxy before us. */
export function canBind(channel: Channel): boolean {
  return ["tls-exporter", "tls-server-end-point"].some((type) => channel.channelBinding(type) !== undefined);
}

/** The mechanisms of IMAP and POP3 on a connection, in the order in which they are told. Each of them works. */
export function mechanismsOf(channel: Channel): readonly Mechanism[] {
  const bound: readonly Mechanism[] = canBind(channel) ? ["SCRAM-SHA-256-PLUS"] : [];
  return ["PLAIN", ...bound, "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"];
}

/** Those of submission: old programs know only LOGIN there. */
export function submissionMechanismsOf(channel: Channel): readonly Mechanism[] {
  const [first = "PLAIN", ...others] = mechanismsOf(channel);
  return [first, "LOGIN", ...others];
}

/** @returns undefined: there is no such mechanism on this connection */
export function findMechanism(name: string, offered: readonly Mechanism[]): Mechanism | undefined {
  return offered.find((one) => one === name.toUpperCase());
}
