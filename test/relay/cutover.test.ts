import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setCutover } from "../../src/domains/index.ts";
import { beginAttempts, deliverHere, leaseDue } from "../../src/outbound/index.ts";
import { ALL_UIDS, listPlacements, readMailboxByRole } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import {
  asOperator,
  deliveryTo,
  messageFrom,
  newGroup,
  sendIn,
  startFakeMx,
  taken,
  worldOf,
} from "../support/addresses.ts";
import type { FakeMx } from "../support/fake-mx.ts";
import { cutoversOf, giveHosted, split } from "../support/moving-domain.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type Agency, newPeople, type SmtpRelay, startSmtpRelay, until } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let owner: postgres.Sql;
beforeAll(async () => {
  platform = await testPlatform();
  owner = postgres(platform.database.ownerUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await platform[Symbol.asyncDispose]();
});

interface Move extends AsyncDisposable {
  readonly agency: Agency;
  readonly anna: Principal;
  readonly ben: Principal;
  readonly hosted: string;
  readonly relay: SmtpRelay;
  /** the old server of the domain, and the servers of everybody else */
  readonly old: FakeMx;
  readonly others: FakeMx;
}

let count = 0;

/** An agency whose domain moves here, with two people. */
async function begin(options: { readonly privateRelays?: boolean } = {}): Promise<Move> {
  await owner`delete from outbound_queue`;
  const slug = `moving${++count}`;
  const agency = { slug, domain: `${slug}.test`, tenantId: await platform.tenant(slug, `${slug}.test`) };
  const [anna, ben] = await newPeople(platform, agency, [undefined, undefined]);
  if (anna === undefined || ben === undefined) throw new Error("nobody");
  const hosted = await giveHosted(platform, agency, [anna, ben]);
  const old = await startFakeMx({ hideDSN: false, hideENHANCEDSTATUSCODES: false });
  const others = await startFakeMx({ hideENHANCEDSTATUSCODES: false });
  const relay = await startSmtpRelay(platform, {
    dns: worldOf("remote.test"),
    delivery: { ...deliveryTo(others), privateRelays: options.privateRelays ?? true },
  });
  return {
    agency,
    anna,
    ben,
    hosted,
    relay,
    old,
    others,
    async [Symbol.asyncDispose]() {
      await relay.stop();
      await Promise.all([old[Symbol.asyncDispose](), others[Symbol.asyncDispose]()]);
    },
  };
}

const inbox = ({ tenantId, accountId }: Principal): Promise<number> =>
  platform.db.tenant(tenantId, async (tx) => {
    const box = await readMailboxByRole(tx, accountId, "inbox");
    return (await listPlacements(tx, box.id, ALL_UIDS)).length;
  });
/** Nothing waits to be sent. */
const idle = () => until(async () => (await owner`select 1 from outbound_queue`).length === 0);

test("both: a message is in the mailbox here and at the old server, once each, and what comes back is nobody's second copy", async () => {
  await using move = await begin();
  const { agency, anna, ben, hosted, relay, old } = move;
  await split(relay.outbound, agency, "both", old.port);
  expect(await sendIn(relay, [anna.address, ben.address])).toMatch(/^250 /);
  const [copy] = await taken(old, 1);
  expect(copy?.to.toSorted()).toEqual([anna.address, ben.address].toSorted());
  // Notices come to where our MX is known already; nobody asks for any.
  expect(copy?.from).toMatch(new RegExp(`^SRS0=.*@${hosted.replaceAll(".", "\\.")}$`));
  expect(copy?.dsn.recipients.map((one) => one.notify)).toEqual(["NEVER", "NEVER"]);
  await idle();
  expect([await inbox(anna), await inbox(ben), old.taken.length]).toEqual([1, 1, 1]);
  // The old server forwards what it gets to the addresses from us, and sends it to the domain too.
  const back = { from: copy?.from ?? "", octets: copy?.octets ?? Buffer.alloc(0) };
  expect(await sendIn(relay, [anna.address.replace(agency.domain, hosted)], back)).toMatch(/^250 /);
  expect(await sendIn(relay, [ben.address], back)).toMatch(/^250 /);
  await idle();
  expect([await inbox(anna), await inbox(ben), old.taken.length]).toEqual([1, 1, 1]);
  // Another message of the old server's people to the addresses from us is only theirs.
  expect(await sendIn(relay, [anna.address.replace(agency.domain, hosted)])).toMatch(/^250 /);
  await idle();
  expect([await inbox(anna), old.taken.length]).toEqual([2, 1]);
});

test("unknown_only: who has no mailbox here is asked for at the old server; a refusal goes to the sender, and no loop begins", async () => {
  await using move = await begin();
  const { agency, anna, relay, old, others } = move;
  await split(relay.outbound, agency, "unknown_only", old.port);
  expect(await sendIn(relay, [anna.address])).toMatch(/^250 /);
  expect(await sendIn(relay, [`old-timer@${agency.domain}`])).toMatch(/^250 /);
  const [relayed] = await taken(old, 1);
  expect(relayed?.to).toEqual([`old-timer@${agency.domain}`]);
  await idle();
  expect([await inbox(anna), old.taken.length]).toEqual([1, 1]);
  // Each side believes that the other one has it.
  const back = { from: relayed?.from ?? "", octets: relayed?.octets ?? Buffer.alloc(0) };
  expect(await sendIn(relay, [`old-timer@${agency.domain}`], back)).toMatch(/^554 5\.4\.6/);
  old.refuse.set(`gone@${agency.domain}`, { code: 550, text: "5.1.1 No such user" });
  expect(await sendIn(relay, [`gone@${agency.domain}`])).toMatch(/^250 /);
  const [notice] = await taken(others, 1);
  expect(notice).toMatchObject({ from: "", to: ["someone@remote.test"] });
  expect(notice?.octets.toString()).toContain("No such user");
  await idle();
  expect([old.taken.length, others.taken.length]).toEqual([1, 1]);
});

test("both: a copy that the old server refuses tells nobody, and one that the mailbox here has no room for is not made", async () => {
  await using move = await begin();
  const { agency, anna, relay, old, others } = move;
  await split(relay.outbound, agency, "both", old.port);
  old.refuse.set(anna.address, { code: 550, text: "5.1.1 No such user" });
  expect(await sendIn(relay, [anna.address])).toMatch(/^250 /);
  await idle();
  expect([await inbox(anna), others.taken.length, old.taken.length]).toEqual([1, 0, 0]);
  old.refuse.clear();
  // It became full after RCPT had found room.
  const client = await relay.mx();
  await client.command("MAIL FROM:<someone@remote.test>");
  expect((await client.command(`RCPT TO:<${anna.address}>`)).code).toBe(250);
  await owner`update accounts set used_bytes = quota_bytes where id = ${anna.accountId}`;
  await client.command("DATA");
  expect((await client.command(`${messageFrom("someone@remote.test").toString()}.`)).text).toMatch(/^452 /);
  client.close();
  await idle();
  expect(old.taken).toHaveLength(0);
});

test("what comes from the old server does not go back there", async () => {
  await using move = await begin();
  const { agency, anna, relay, old } = move;
  await split(relay.outbound, agency, "both", old.port);
  await owner`update domain_cutovers set old_addresses = '{127.0.0.1}' where domain = ${agency.domain}`;
  platform.tenancy.domains.forget(agency.domain);
  platform.tenancy.recipients.clear();
  expect(await sendIn(relay, [anna.address])).toMatch(/^250 /);
  await idle();
  expect([await inbox(anna), old.taken.length]).toEqual([1, 0]);
  expect(await sendIn(relay, [`nobody@${agency.domain}`])).toMatch(/^550 5\.1\.1/);
});

test("mail between people of the agency goes to both sides too, once, though it is tried again after a crash", async () => {
  await using move = await begin();
  const { agency, anna, ben, relay, old } = move;
  await relay.stop();
  const still = await startSmtpRelay(platform, { dns: worldOf("remote.test") });
  await split(still.outbound, agency, "both", old.port);
  const group = await newGroup(platform, agency, [ben.address]);
  const client = await still.submission(anna.address);
  const reply = await client.send(
    { from: anna.address, to: [ben.address, group] },
    messageFrom(anna.address),
  );
  expect(reply.text).toMatch(/^250 /);
  client.close();
  const now = Date.now();
  const [lease] = await platform.db.system("a test", (tx) =>
    leaseDue(tx, { now, until: now + 60_000, limit: 1 }),
  );
  if (lease === undefined) throw new Error("nothing was due");
  const entry = (await platform.db.tenant(agency.tenantId, (tx) => beginAttempts(tx, [lease]))).get(lease.id);
  if (entry === undefined) throw new Error("nothing was there");
  for (let attempt = 0; attempt < 2; attempt++)
    expect((await deliverHere(still.outbound, lease, entry)).results).toMatchObject([
      { outcome: "delivered" },
      { outcome: "delivered" },
    ]);
  expect(await inbox(ben)).toBe(1);
  const queued =
    await owner`select address from outbound_recipients where domain = ${`=127.0.0.1:${old.port}`} order by 1`;
  expect(queued.map((row) => row["address"])).toEqual([ben.address, group].toSorted());
  await still.stop();
});

test("a server inside is not reached unless the operator allows it, and nobody can write to one by an address", async () => {
  await using move = await begin({ privateRelays: false });
  const { agency, relay, old, others } = move;
  await split(relay.outbound, agency, "unknown_only", old.port);
  expect(await sendIn(relay, [`x@${agency.domain}`])).toMatch(/^250 /);
  const [notice] = await taken(others, 1);
  expect(notice?.octets.toString()).toContain("5.4.4");
  expect(old.connections()).toBe(0);
  const outside = { ...cutoversOf(relay.outbound), privateServers: false };
  const wanted = { mode: "both" as const, oldServer: `127.0.0.1:${old.port}` };
  await expect(setCutover(outside, asOperator(agency), agency.domain, wanted)).rejects.toMatchObject({
    code: "cutover_server",
  });
  const [writer] = await newPeople(platform, agency, [undefined]);
  const client = await relay.submission(writer?.address ?? "");
  expect((await client.command(`MAIL FROM:<${writer?.address ?? ""}>`)).code).toBe(250);
  expect((await client.command(`RCPT TO:<x@=127.0.0.1:${old.port}>`)).code).toBeGreaterThan(499);
  client.close();
});
