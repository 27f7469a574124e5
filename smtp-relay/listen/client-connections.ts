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

/** Knows the connections of all protocols in which mail is read, in this process. People are counted from the moment that they have
 * proven who they are: nobody can use up what is theirs without their password. */
export class ClientConnections {
  /** For the listeners. */
  readonly byAddress: ConnectionLimits;
  readonly #perUser: number;
  readonly #countLoopback: boolean;
  /** Arrays: there are tens of thousands, and most have one or two. */
  readonly #byUser = new Map<AccountId, Connection[]>();

  constructor(limits: ClientLimits, countLoopback: boolean) {
    const { total, perAddress, perUser } = limits;
    this.byAddress = new ConnectionLimits({ total, perAddress, countLoopback });
    this.#perUser = perUser;
    this.#countLoopback = countLoopback;
  }

  /** Counts one in that has just signed in, until its connection closes. @throws {MailError} too_many_connections */
  signedIn(accountId: AccountId, connection: Connection): void {
    const open = this.#byUser.get(accountId) ?? [];
    if (this.#counts(connection) && open.filter((one) => this.#counts(one)).length >= this.#perUser)
      throw new MailError("too_many_connections", { accountId });
    open.push(connection);
    this.#byUser.set(accountId, open);
    connection.atClose(() => {
      const at = open.indexOf(connection);
      if (at >= 0) open.splice(at, 1);
      if (open.length === 0 && this.#byUser.get(accountId) === open) this.#byUser.delete(accountId);
    });
  }

  #counts(connection: Connection): boolean {
    return !connection.isLoopback || this.#countLoopback;
  }

  /** Whoever is signed in. */
  accounts(): AccountId[] {
    return [...this.#byUser.keys()];
  }

  /** Closes all connections of an account. */
  end(accountId: AccountId): void {
    // A copy: a connection that closes leaves the list.
    for (const connection of this.#byUser.get(accountId)?.slice() ?? []) connection.destroy();
  }
}
