/** What is used of mx-connect 2, which has no types of its own. */
declare module "mx-connect" {
  import type { Socket } from "node:net";

  interface Options {
    readonly target: string;
    readonly port: number;
    readonly maxConnectTime: number;
    /** Addresses that are not to be tried. */
    readonly ignoreMXHosts: readonly string[];
    readonly dnsOptions: {
      /** To answer with an empty list is to say that there is none. */
      resolveRecords(name: string, type: string): Promise<readonly unknown[]>;
    };
  }

  interface Connected {
    readonly socket: Socket;
    readonly hostname: string;
    /** IP address */
    readonly host: string;
    readonly port: number;
  }

  /** Rejects with an Error that has `code`, `category` ("dns", "network") and, if it may pass, `temporary`. */
  function mxConnect(options: Options): Promise<Connected>;
  export = mxConnect;
}
