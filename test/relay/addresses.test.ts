import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addAlias, addMembers, type Principal, removeAlias, setCatchAll } from "../../src/tenants/index.ts";
import {
  asOperator,
  deliveryTo,
  forward,
  messageFrom,
  newGroup,
  sendIn,
  somebody,
  startFakeMx,
  taken,
  worldOf,
} from "../support/addresses.ts";
import { disableAccount } from "../support/disable-account.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let acme: Agency;
let beta: Agency;
let relay: SmtpRelay;
let owner: postgres.Sql;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
  relay = await startSmtpRelay(platform, { dns: worldOf("remote.test", "acme.test") });
  owner = postgres(platform.database.ownerUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await relay.stop();
  await owner.end();
  await platform[Symbol.asyncDispose]();
});

const person = (agency = acme): Promise<Principal> => somebody(platform, agency);
const counts = (...people: readonly Principal[]): Promise<number[]> =>
  Promise.all(people.map(async (one) => (await inboxOf(platform, one)).length));

/** What RCPT answers to somebody who has signed in. */
async function rcpt(from: Principal, to: string): Promise<string> {
  const client = await relay.submission(from.address);
  await client.command(`MAIL FROM:<${from.address}>`);
  const { text } = await client.command(`RCPT TO:<${to}>`);
  client.close();
  return text.slice(0, 9);
}

describe("aliases", () => {
  test("lead to the person, with a detail too, and end", async () => {
    const ann = await person();
    await addAlias(platform.tenancy, asOperator(acme), "Office@acme.test", ann.address);
    expect(await sendIn(relay, ["office@acme.test"])).toMatch(/^250 /);
    expect(await sendIn(relay, ["office+bills@acme.test"])).toMatch(/^250 /);
    expect(await counts(ann)).toEqual([2]);
    await removeAlias(platform.tenancy, asOperator(acme), "office@acme.test");
    expect(await sendIn(relay, ["office@acme.test"])).toMatch(/^550 5\.1\.1/);
  });

  test("an address belongs to one: a person, an alias or a group", async () => {
    const ann = await person();
    const group = await newGroup(platform, acme, []);
    const by = asOperator(acme);
    await expect(addAlias(platform.tenancy, by, group, ann.address)).rejects.toThrow("address_exists");
    await expect(addAlias(platform.tenancy, by, ann.address, group)).rejects.toThrow("address_exists");
    await expect(addAlias(platform.tenancy, by, "x@beta.test", ann.address)).rejects.toThrow(
      "domain_unknown",
    );
    await expect(removeAlias(platform.tenancy, by, ann.address)).rejects.toThrow("address_unknown");
  });

  test("their owner may write as them", async () => {
    const [ann, ben] = [await person(), await person()];
    await addAlias(platform.tenancy, asOperator(acme), "desk@acme.test", ann.address);
    const client = await relay.submission(ann.address);
    const reply = await client.send(
      { from: "desk@acme.test", to: [ben.address] },
      messageFrom("desk@acme.test"),
    );
    expect(reply.text).toMatch(/^250 /);
    client.close();
    const other = await relay.submission(ben.address);
    expect((await other.command("MAIL FROM:<desk@acme.test>")).text).toMatch(/^550 5\.7\.1/);
    other.close();
  });
});

describe("groups", () => {
  test("each mailbox once, however many ways lead there, groups in circles too", async () => {
    const [ann, ben, cat] = [await person(), await person(), await person()];
    const inner = await newGroup(platform, acme, [ann.address, ben.address]);
    const outer = await newGroup(platform, acme, [ann.address, inner, cat.address]);
    await addMembers(platform.tenancy, asOperator(acme), inner, [outer]);
    expect(await sendIn(relay, [outer, ann.address, inner.replace("@", "+x@")])).toMatch(/^250 /);
    expect(await counts(ann, ben, cat)).toEqual([1, 1, 1]);
    const [{ messages } = {}] = await owner`select count(*)::int as messages from placements p
      join accounts a on a.id = p.account_id where a.address = any(${[ann, ben, cat].map((one) => one.address)})`;
    expect(messages).toBe(3);
  });

  test("a person who is switched off is left out; a group of nobody is no mailbox", async () => {
    const [ann, ben] = [await person(), await person()];
    const group = await newGroup(platform, acme, [ann.address, ben.address]);
    await disableAccount(platform, ben);
    expect(await sendIn(relay, [group])).toMatch(/^250 /);
    expect(await counts(ann, ben)).toEqual([1, 0]);
    expect(await sendIn(relay, [await newGroup(platform, acme, [])])).toMatch(/^550 5\.1\.1/);
  });

  test("members who have no room are told of to the sender, once; the others have it", async () => {
    await using mx = await startFakeMx();
    await using busy = await startSmtpRelay(platform, {
      dns: worldOf("remote.test"),
      delivery: deliveryTo(mx),
    });
    const [full, alsoFull, roomy] = await newPeople(platform, acme, [10, 10, undefined]);
    if (full === undefined || alsoFull === undefined || roomy === undefined) throw new Error("nobody");
    const group = await newGroup(platform, acme, [full.address, alsoFull.address, roomy.address]);
    expect(await sendIn(busy, [group])).toMatch(/^250 /);
    expect(await counts(full, alsoFull, roomy)).toEqual([0, 0, 1]);
    const [notice] = await taken(mx, 1);
    expect(notice).toMatchObject({ from: "", to: ["someone@remote.test"] });
    expect(notice?.octets.toString()).toContain(group);
    expect(notice?.octets.toString()).not.toContain(full.address);
  });

  test("closed to others: from outside it has to be proven who writes", async () => {
    const ann = await person();
    const team = await newGroup(platform, acme, [ann.address, "pat@remote.test", "eve@unproven.test"], {
      senders: "members",
    });
    expect(await sendIn(relay, [team], { from: "someone@remote.test" })).toMatch(/^550 5\.7\.2/);
    expect(await sendIn(relay, [team], { from: "" })).toMatch(/^550 5\.7\.2/);
    // A member, but anybody may have written it.
    expect(await sendIn(relay, [team], { from: "eve@unproven.test" })).toMatch(/^550 5\.7\.2 .*proves/);
    expect(await counts(ann)).toEqual([0]);
    // SPF of remote.test says that this client speaks for it.
    expect(await sendIn(relay, [team], { from: "Pat@remote.test" })).toMatch(/^250 /);
    expect(await counts(ann)).toEqual([1]);
  });

  test("closed to others: from inside, members of its groups are members, and the agency is not everybody", async () => {
    const [ann, ben, cat, dan] = [await person(), await person(), await person(), await person(beta)];
    const inner = await newGroup(platform, acme, [ben.address]);
    const team = await newGroup(platform, acme, [ann.address, inner], { senders: "members" });
    const all = await newGroup(platform, acme, [ann.address], { senders: "tenant" });
    expect(await rcpt(ann, team)).toBe("250 2.1.5");
    expect(await rcpt(ben, team)).toBe("250 2.1.5");
    expect(await rcpt(cat, team)).toBe("550 5.7.2");
    expect(await rcpt(cat, all)).toBe("250 2.1.5");
    expect(await rcpt(dan, all)).toBe("550 5.7.2");
  });

  test("members write as the group where it lets them, and nobody else does", async () => {
    const [ann, ben] = [await person(), await person()];
    const open = await newGroup(platform, acme, [ann.address], { sendAs: true });
    const shut = await newGroup(platform, acme, [ann.address]);
    const mail = async (from: Principal, as: string): Promise<string> => {
      const client = await relay.submission(from.address);
      const { text } = await client.send({ from: as, to: [ben.address] }, messageFrom(as));
      client.close();
      return text.slice(0, 9);
    };
    expect(await mail(ann, open)).toBe("250 2.0.0");
    expect(await mail(ann, shut)).toBe("550 5.7.1");
    expect(await mail(ben, open)).toBe("550 5.7.1");
    expect(await counts(ben)).toEqual([1]);
  });

  test("from inside: one copy each through the queue, of a group and of who is named beside it", async () => {
    await using mx = await startFakeMx();
    await using busy = await startSmtpRelay(platform, {
      dns: worldOf("outside.test"),
      delivery: deliveryTo(mx),
    });
    const [ann, ben, cat] = [await person(), await person(), await person()];
    const group = await newGroup(platform, acme, [ann.address, ben.address, "pat@outside.test"]);
    const client = await busy.submission(cat.address);
    const envelope = { from: cat.address, to: [group, ann.address, ben.address] };
    expect((await client.send(envelope, messageFrom(cat.address))).text).toMatch(/^250 /);
    client.close();
    const [copy] = await taken(mx, 1);
    expect(copy?.from).toMatch(/^SRS0=.*=acme\.test=.*@acme\.test$/);
    expect(copy?.to).toEqual(["pat@outside.test"]);
    await until(async () => (await counts(ann, ben)).every((one) => one === 1));
    expect(mx.taken).toHaveLength(1);
  });

  test("10,000 members: one message, one commit", async () => {
    await owner`
      with made as (
        insert into accounts (tenant_id, id, name, address, quota_bytes)
        select ${acme.tenantId}, gen_random_uuid(), 'm', 'many' || n || '@acme.test', 1000000 from generate_series(1, 10000) n
        returning id, address
      ) insert into addresses (tenant_id, account_id, address) select ${acme.tenantId}, id, address from made`;
    const group = await newGroup(platform, acme, []);
    const members = Array.from({ length: 10_000 }, (_, n) => `many${n + 1}@acme.test`);
    expect(await addMembers(platform.tenancy, asOperator(acme), group, members)).toBe(10_000);
    const begun = performance.now();
    const octets = messageFrom("someone@remote.test", "to all");
    let reply = await sendIn(relay, [group], { octets });
    // A machine that is busy with other tests may say "later" after ten seconds, and senders come again.
    for (let tries = 0; tries < 3 && reply.startsWith("451 "); tries++)
      reply = await sendIn(relay, [group], { octets });
    expect(reply).toMatch(/^250 /);
    const ms = Math.round(performance.now() - begun);
    process.stdout.write(`a message to a group of 10,000: ${ms} ms\n`);
    const [stored] = await owner`
      select count(*)::int as placements, count(distinct p.message_id)::int as messages, count(distinct p.xmin::text)::int as commits
      from placements p join messages m on m.id = p.message_id where m.subject = 'to all'`;
    expect(stored).toEqual({ placements: 10_000, messages: 1, commits: 1 });
  }, 120_000);
});

describe("catch-all", () => {
  test("has what nobody has; exact addresses and groups win", async () => {
    const gamma: Agency = { slug: "gamma", domain: "gamma.test", tenantId: acme.tenantId };
    await owner`insert into domains (tenant_id, name, proven_at) values (${acme.tenantId}, 'gamma.test', now())`;
    const [ann, ben] = [await person(), await person()];
    const group = await newGroup(platform, gamma, [ben.address]);
    await setCatchAll(platform.tenancy, asOperator(acme), "Gamma.test", ann.address);
    expect(await sendIn(relay, ["nobody@gamma.test", "also+x@gamma.test", group])).toMatch(/^250 /);
    expect(await counts(ann, ben)).toEqual([1, 1]);
    await setCatchAll(platform.tenancy, asOperator(acme), "gamma.test", group);
    expect(await sendIn(relay, ["nobody@gamma.test"])).toMatch(/^250 /);
    expect(await counts(ann, ben)).toEqual([1, 2]);
    await expect(setCatchAll(platform.tenancy, asOperator(acme), "beta.test", ann.address)).rejects.toThrow(
      "domain_unknown",
    );
  });
});

describe("postmaster and abuse", () => {
  test("reach somebody when their mailbox is full, switched off, or not there at all", async () => {
    const delta: Agency = {
      slug: "delta",
      domain: "delta.test",
      tenantId: await platform.tenant("delta", "delta.test"),
    };
    const keeper = await person(delta); // the oldest
    await new Promise((resolve) => setTimeout(resolve, 5));
    const [full, off] = await newPeople(platform, delta, [10, undefined]);
    if (full === undefined || off === undefined) throw new Error("nobody");
    expect(await sendIn(relay, ["Postmaster@delta.test"])).toMatch(/^250 /);
    expect(await counts(keeper)).toEqual([1]);
    await addAlias(platform.tenancy, asOperator(delta), "postmaster@delta.test", full.address);
    await addAlias(platform.tenancy, asOperator(delta), "abuse@delta.test", off.address);
    expect(await sendIn(relay, ["postmaster@delta.test"])).toMatch(/^250 /);
    expect(await counts(full)).toEqual([1]);
    await disableAccount(platform, off);
    platform.tenancy.recipients.clear();
    expect(await sendIn(relay, ["abuse@delta.test"])).toMatch(/^250 /);
    expect(await counts(keeper, off)).toEqual([2, 0]);
    // With a forward that keeps nothing and leads nowhere, and a catch-all, too.
    await setCatchAll(platform.tenancy, asOperator(delta), "delta.test", full.address);
    expect(await sendIn(relay, ["abuse+x@delta.test"])).toMatch(/^250 /);
    expect(await counts(keeper)).toEqual([3]);
  });
});

test("of another tenant nothing can be named: its people are outside", async () => {
  const [ann, dan] = [await person(), await person(beta)];
  const group = await newGroup(platform, acme, [ann.address]);
  // An address of another tenant is one like any other outside, and nobody learns whether it exists.
  await addMembers(platform.tenancy, asOperator(acme), group, [dan.address, "nobody@beta.test"]);
  await expect(addMembers(platform.tenancy, asOperator(beta), group, [dan.address])).rejects.toThrow(
    "address_unknown",
  );
  await expect(forward(platform, beta, ann, [dan.address])).rejects.toThrow("address_unknown");
  await expect(addAlias(platform.tenancy, asOperator(beta), "x@beta.test", ann.address)).rejects.toThrow(
    "address_unknown",
  );
  const kinds = await owner`
    select address, account_id is not null as inside from mail_group_members m
    where group_id = (select id from mail_groups where address = ${group}) order by address`;
  expect(kinds.filter((one) => one["inside"])).toHaveLength(1);
});
