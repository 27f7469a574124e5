import postgres from "postgres";
import { loadTls } from "../../host/tls.ts";
import { AddressSet } from "../../smtp-relay/listen/address.ts";
import { CLIENT_LIMITS, ClientConnections } from "../../smtp-relay/listen/client-connections.ts";
import { serverTls } from "../../smtp-relay/listen/server-tls.ts";
import type { Pop3Deps } from "../../smtp-relay/pop3/deps.ts";
import { type Pop3Server, startPop3Server } from "../../smtp-relay/pop3/server.ts";
import { sourceOf } from "../../src/blob/index.ts";
import {
  ALL_UIDS,
  type Copied,
  deliver,
  expunge,
  listPlacements,
  type MailboxRole,
  movePlacements,
  type Placement,
  prepareMessage,
  readMailboxByRole,
  readMessages,
} from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { PASSWORD, type TestPlatform } from "./platform.ts";
import { Pop3Client } from "./pop3-client.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface Pop3Relay extends AsyncDisposable {
  readonly server: Pop3Server;
  connect(): Promise<Pop3Client>;
  /** Signs in with the password of `TestPlatform.person`. */
  login(address: string): Promise<Pop3Client>;
}

interface Pop3RelayOptions extends Partial<Pop3Deps> {
  readonly proxyFrom?: readonly string[];
  readonly countLoopback?: boolean;
}

/** A POP3 server on free ports of loopback: `await using relay = await startPop3Relay(platform)`. */
export async function startPop3Relay(
  platform: TestPlatform,
  { proxyFrom = [], countLoopback = false, ...overrides }: Pop3RelayOptions = {},
): Promise<Pop3Relay> {
  const { dataDir, store, tenancy } = platform;
  const names = { hostname: "localhost", hostedDomain: "hosted.test", tlsFiles: undefined };
  const tls = await loadTls({ ...names, dataDir }, silent);
  const deps: Pop3Deps = {
    store,
    tenancy,
    clients: new ClientConnections(CLIENT_LIMITS, countLoopback),
    log: silent,
    secureContext: serverTls(tls),
    cleartextLogin: "loopback",
    limitLoopback: false,
    autologoutMs: 600_000,
    ...overrides,
  };
  const server = await startPop3Server(deps, {
    host: "127.0.0.1",
    pop3Port: 0,
    pop3sPort: 0,
    proxyFrom: new AddressSet(proxyFrom),
  });
  return {
    server,
    connect: () => Pop3Client.connect({ port: server.pop3.port }),
    login: (address) => Pop3Client.login({ port: server.pop3.port }, address, PASSWORD),
    async [Symbol.asyncDispose]() {
      tls.stop();
      await server.stop();
    },
  };
}

/** Puts messages into somebody's inbox, in this order. */
export async function fill(
  { store }: TestPlatform,
  { tenantId, accountId }: Principal,
  messages: readonly (string | Buffer)[],
): Promise<void> {
  for (const message of messages) {
    const octets = typeof message === "string" ? Buffer.from(message, "latin1") : message;
    const prepared = await prepareMessage(store, tenantId, sourceOf(new Uint8Array(octets)));
    await deliver(store, tenantId, prepared, [
      { accountId, mailbox: { role: "inbox" }, flags: { bits: 0, keywords: [] }, receivedAt: Date.now() },
    ]);
  }
}

/** What is in somebody's inbox now, by UID. */
export function inboxOf(
  { db }: TestPlatform,
  who: Principal,
  role: MailboxRole = "inbox",
): Promise<Placement[]> {
  return db.tenant(who.tenantId, async (tx) => {
    const { id } = await readMailboxByRole(tx, who.accountId, role);
    return listPlacements(tx, id, ALL_UIDS);
  });
}

/** The subjects of what is in a mailbox now, by UID. */
export async function subjectsIn(p: TestPlatform, who: Principal, role: MailboxRole): Promise<string[]> {
  const placements = await inboxOf(p, who, role);
  const messages = await p.db.tenant(who.tenantId, (tx) =>
    readMessages(
      tx,
      placements.map(({ messageId }) => messageId),
    ),
  );
  return placements.map(({ messageId }) => messages.get(messageId)?.subject ?? "?");
}

/** Moves one message by its UID, as another program does; out of sight is "nowhere". */
export async function transfer(
  { db }: TestPlatform,
  { tenantId, accountId }: Principal,
  from: MailboxRole,
  uid: number,
  to: MailboxRole | "nowhere",
): Promise<Copied[]> {
  return db.tenant(tenantId, async (tx) => {
    const { id: mailboxId } = await readMailboxByRole(tx, accountId, from);
    const uids = [{ lo: uid, hi: uid }];
    if (to !== "nowhere") {
      const target = await readMailboxByRole(tx, accountId, to);
      return movePlacements(tx, accountId, { mailboxId, uids }, target.id);
    }
    await expunge(tx, accountId, { mailboxId, uids }, "all");
    return [];
  });
}

/** Puts many copies of one small message into somebody's inbox, past all the code that would make each of them:
 * it was empty before. */
export async function fillWithMany(p: TestPlatform, who: Principal, count: number): Promise<void> {
  await fill(p, who, ["Subject: one of many\r\n\r\nx\r\n"]);
  const owner = postgres(p.database.ownerUrl, { max: 1, onnotice: () => undefined });
  const { tenantId, accountId } = who;
  try {
    await owner.begin(async (sql) => {
      await sql`
        insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords,
          size, received_at, modseq, created_modseq, email_modseq)
        select tenant_id, account_id, mailbox_id, n, uuidv7(), message_id, thread_id, flags, keywords, size, received_at,
          modseq, created_modseq, email_modseq
        from placements, generate_series(2, ${count}::int) n where tenant_id = ${tenantId} and account_id = ${accountId}`;
      await sql`
        update mailboxes set uid_next = ${count + 1}, total = ${count}, unseen = ${count}, total_bytes = total_bytes * ${count}
        where tenant_id = ${tenantId} and account_id = ${accountId} and role = 'inbox'`;
      await sql`update accounts set used_bytes = used_bytes * ${count} where tenant_id = ${tenantId} and id = ${accountId}`;
    });
    await owner`analyze placements`;
  } finally {
    await owner.end();
  }
}
