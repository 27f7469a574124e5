import { expect, test } from "vitest";
import { MailError } from "../../src/kernel/error.ts";
import {
  addAppPassword,
  addUser,
  allTenants,
  closeWebSession,
  createTenant,
  findRecipients,
  importUsers,
  openWebSession,
  proposeSignup,
  readWebSession,
  setPassword,
  signIn,
  signUp,
} from "../../src/tenants/index.ts";
import { PASSWORD, testPlatform } from "../support/platform.ts";

const failure = (code: string) => expect.objectContaining({ code });
const wanted = {
  agencyName: "Municipality of Athens",
  personName: "Maria P",
  slug: "athens",
  localPart: "maria",
  password: PASSWORD,
  consent: true as const,
  locale: "el" as const,
};

test("an agency signs up: its owner signs in at once, and gets the mail of postmaster and abuse", async () => {
  await using p = await testPlatform();
  const proposal = await proposeSignup(p.tenancy, {
    agencyName: wanted.agencyName,
    personName: wanted.personName,
  });
  expect(proposal).toEqual({
    slug: "municipality-athens",
    localPart: "maria.p",
    domain: "municipality-athens.hosted.test",
    address: "maria.p@municipality-athens.hosted.test",
    problems: [],
  });
  const owner = await signUp(p.tenancy, wanted);
  expect(owner.address).toBe("maria@athens.hosted.test");
  expect(await signIn(p.tenancy, " Maria@Athens.Hosted.Test ", PASSWORD, "web")).toMatchObject({
    accountId: owner.accountId,
  });
  const found = await findRecipients(p.tenancy, [
    "maria@athens.hosted.test",
    "postmaster@athens.hosted.test",
    "abuse@athens.hosted.test",
  ]);
  expect([...found.values()].map((one) => one.kind === "local" && one.accountId)).toEqual([
    owner.accountId,
    owner.accountId,
    owner.accountId,
  ]);
});

test("taken and reserved names are refused with a free one beside", async () => {
  await using p = await testPlatform();
  await signUp(p.tenancy, wanted);
  const input = { agencyName: "Athens", personName: "Admin" };
  const taken = await proposeSignup(p.tenancy, { ...input, slug: "athens", localPart: "postmaster" });
  expect(taken.problems).toEqual([
    { field: "slug", code: "taken", suggestion: "athens-2" },
    { field: "localPart", code: "reserved", suggestion: "postmaster.athens" },
  ]);
  // Nobody typed anything: the free one comes at once.
  expect(await proposeSignup(p.tenancy, { agencyName: "Athens", personName: "Nikos" })).toMatchObject({
    slug: "athens-2",
    problems: [],
  });
  await expect(signUp(p.tenancy, wanted)).rejects.toEqual(failure("tenant_exists"));
  await expect(signUp(p.tenancy, { ...wanted, slug: "webmail" })).rejects.toEqual(failure("invalid_input"));
  await expect(signUp(p.tenancy, { ...wanted, slug: "patras", localPart: "admin" })).rejects.toEqual(
    failure("invalid_input"),
  );
  expect((await allTenants(p.tenancy)).map((tenant) => tenant.slug)).toEqual(["athens"]);
});

test("two agencies that ask for one name at the same moment: one gets it", async () => {
  await using p = await testPlatform();
  const results = await Promise.allSettled([signUp(p.tenancy, wanted), signUp(p.tenancy, wanted)]);
  expect(results.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const refused = results.find((one) => one.status === "rejected");
  expect(refused?.reason).toBeInstanceOf(MailError);
});

test("a wrong password, an unknown person and an unknown domain all give the same answer", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person("bob@a.test");
  for (const [address, password] of [
    ["bob@a.test", "wrong"],
    ["eve@a.test", PASSWORD],
    ["bob@b.test", PASSWORD],
    ["not an address", PASSWORD],
    ["bob@a.test", ""],
  ] as const)
    await expect(signIn(p.tenancy, address, password, "web")).rejects.toEqual(failure("credentials_wrong"));
});

test("an app password opens what it is for, and nothing else", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const bob = await p.person("bob@a.test");
  const { password } = await addAppPassword(p.tenancy, "bob@a.test", ["imap", "smtp"], "phone");
  expect(await signIn(p.tenancy, "bob@a.test", password, "imap")).toEqual(bob);
  await expect(signIn(p.tenancy, "bob@a.test", password, "web")).rejects.toEqual(
    failure("credentials_wrong"),
  );
  await expect(signIn(p.tenancy, "bob@a.test", password, "jmap")).rejects.toEqual(
    failure("credentials_wrong"),
  );
  // Who may read by IMAP may read by POP3, but not the other way round.
  expect(await signIn(p.tenancy, "bob@a.test", password, "pop3")).toEqual(bob);
  const pop3 = await addAppPassword(p.tenancy, "bob@a.test", ["pop3"], "fetcher");
  await expect(signIn(p.tenancy, "bob@a.test", pop3.password, "imap")).rejects.toEqual(
    failure("credentials_wrong"),
  );
});

test("an imported password is hardened at the first sign-in, and works before and after", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const { added, problems } = await importUsers(p.tenancy, "a", [
    { address: "x@a.test", name: "X", password: PASSWORD },
    { address: "y@a.test", name: "Y" },
  ]);
  expect([problems, added.map((one) => one.address)]).toEqual([[], ["x@a.test", "y@a.test"]]);
  const verifiers = () =>
    p.db.tenant(
      tenantId,
      (tx) => tx<{ kind: string }[]>`
        select split_part(c.verifier, '$', 1) as kind from credentials c
        join accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id order by a.address`,
    );
  expect((await verifiers()).map((row) => row.kind)).toEqual(["pepper", "pepper"]);
  await expect(signIn(p.tenancy, "x@a.test", "wrong", "web")).rejects.toEqual(failure("credentials_wrong"));
  await signIn(p.tenancy, "x@a.test", PASSWORD, "web");
  expect((await verifiers()).map((row) => row.kind)).toEqual(["scrypt", "pepper"]);
  await signIn(p.tenancy, "x@a.test", PASSWORD, "web");
  await signIn(p.tenancy, "y@a.test", added[1]?.password ?? "", "web");
});

test("an import with one wrong line adds nobody, and names every wrong line", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person("taken@a.test");
  const { added, problems } = await importUsers(p.tenancy, "a", [
    { address: "new@a.test", name: "N" },
    { address: "taken@a.test", name: "T" },
    { address: "elsewhere@b.test", name: "E" },
    { address: "nonsense", name: "O" },
    { address: "NEW@a.test", name: "twice" },
  ]);
  expect(added).toEqual([]);
  expect(new Set(problems.map((one) => one.index))).toEqual(new Set([1, 2, 3, 4]));
  expect((await findRecipients(p.tenancy, ["new@a.test"])).get("new@a.test")).toEqual({
    kind: "unknown_user",
  });
});

test("a web session ends when it is closed, when it is tampered with, and when the password changes", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const bob = await p.person("bob@a.test");
  const token = await openWebSession(p.tenancy, bob);
  expect(await readWebSession(p.tenancy, token)).toMatchObject({ ...bob, tenantName: "A" });
  const other = await openWebSession(p.tenancy, bob);
  for (const bad of [
    "",
    "x",
    `${token}x`,
    token.replace(/.$/, (end) => (end === "a" ? "b" : "a")),
    `.${token}`,
  ])
    expect(await readWebSession(p.tenancy, bad)).toBeNull();
  await closeWebSession(p.tenancy, token);
  expect(await readWebSession(p.tenancy, token)).toBeNull();
  await setPassword(p.tenancy, "bob@a.test", "another good password");
  expect(await readWebSession(p.tenancy, other)).toBeNull();
  await expect(signIn(p.tenancy, "bob@a.test", PASSWORD, "web")).rejects.toEqual(
    failure("credentials_wrong"),
  );
});

test("an address that is unknown now is found as soon as it exists", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  expect((await findRecipients(p.tenancy, ["new@a.test", "new@z.test"])).get("new@z.test")).toEqual({
    kind: "elsewhere",
  });
  await addUser(p.tenancy, { address: "new@a.test", name: "N", password: PASSWORD });
  await createTenant(p.tenancy, { slug: "z", name: "Z", kind: "private" });
  expect((await findRecipients(p.tenancy, ["new@a.test"])).get("new@a.test")).toMatchObject({
    kind: "local",
  });
});

test("a sub-address reaches the person, unless somebody has exactly that address", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const ann = await p.person("ann@a.test");
  const exact = await p.person("ann+press@a.test");
  const given = ["ann+list@a.test", "Ann+a+b@A.test", "ann+press@a.test", "eve+x@a.test"];
  const found = await findRecipients(p.tenancy, given);
  expect(given.map((address) => found.get(address))).toEqual([
    expect.objectContaining({ accountId: ann.accountId, address: "ann+list@a.test" }),
    expect.objectContaining({ accountId: ann.accountId }),
    expect.objectContaining({ accountId: exact.accountId }),
    { kind: "unknown_user" },
  ]);
});
