/** Commands without arguments. */
export type BareName = "CAPA" | "NOOP" | "QUIT" | "RSET" | "STAT" | "STLS" | "UTF8";

/** Undefined stands for all messages. */
type AllOrOne = number | undefined;

/** What a POP3 client can say (RFC 1939, RFC 2449 CAPA, RFC 2595 STLS, RFC 5034 AUTH, RFC 6856 UTF8).
 * Messages are numbered from 1. */
export type Command =
  | { readonly [N in BareName]: { readonly name: N } }[BareName]
  | { readonly name: "USER"; readonly user: string }
  | { readonly name: "PASS"; readonly password: string }
  | {
      readonly name: "AUTH";
      /** in upper case */
      readonly mechanism: string;
      /** In base64; "=" stands for an empty one. Undefined: the client waits for a challenge. */
      readonly initialResponse: string | undefined;
    }
  | { readonly name: "LIST"; readonly message: AllOrOne }
  | { readonly name: "UIDL"; readonly message: AllOrOne }
  | { readonly name: "RETR"; readonly message: number }
  | { readonly name: "DELE"; readonly message: number }
  | {
      readonly name: "TOP";
      readonly message: number;
      /** Lines of the body. */
      readonly lines: number;
    };

export type CommandName = Command["name"];
export type CommandOf<N extends CommandName> = Extract<Command, { readonly name: N }>;
