import { MailError } from "../../src/kernel/error.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import type { Connection } from "./connection.ts";

/** Connections at once of those who read mail. */
export interface ClientLimits {
  /** of all clients; there must be files for them */
  readonly total: number;
  /** of one address: an office behind one address has many */
  readonly perAddress: number;
  /** of one person: a mail program opens up to ten, and there are several devices */
  readonly perUser: number;
}

export const CLIENT_LIMITS: ClientLimits = { total: 20_000, perAddress: 500, perUser: 100 };

/** Counts the connections of all protocols in which mail is read, in this process. People are counted from the moment that they have
 * proven who they are: nobody can use up what is theirs without their password. */
export class ClientConnections {
  /** For the listeners. */
  readonly byAddress: ConnectionLimits;
  readonly #perUser: number;
  readonly #countLoopback: boolean;
  readonly #byUser = new Map<AccountId, number>();

  constructor(limits: ClientLimits, countLoopback: boolean) {
    const { total, perAddress, perUser } = limits;
    this.byAddress = new ConnectionLimits({ total, perAddress, countLoopback });
    this.#perUser = perUser;
    this.#countLoopback = countLoopback;
  }

  /** Counts one in that has just signed in, until its connection closes. @throws {MailError} too_many_connections */
  signedIn(accountId: AccountId, connection: Connection): void {
    if (connection.isLoopback && !this.#countLoopback) return;
    const open = this.#byUser.get(accountId) ?? 0;
    if (open >= this.#perUser) throw new MailError("too_many_connections", { accountId });
    this.#byUser.set(accountId, open + 1);
    connection.atClose(() => {
      const left = (this.#byUser.get(accountId) ?? 1) - 1;
      if (left === 0) this.#byUser.delete(accountId);
      else this.#byUser.set(accountId, left);
    });
  }
}
