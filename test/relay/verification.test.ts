import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import {
  type Outbound,
  readSendingLimits,
  setSendingCap,
  submit,
  type Submitted,
} from "../../src/outbound/index.ts";
import { type Principal, signUp } from "../../src/tenants/index.ts";
import {
  codeOf,
  confirmCode,
  decideAgency,
  importRegistry,
  pendingLetters,
  reopenAgency,
  sendCode,
  verificationCases,
  verificationOf,
} from "../../src/verification/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let relay: SmtpRelay;
beforeAll(async () => {
  platform = await testPlatform();
  relay = await startSmtpRelay(platform, { limitLoopback: true });
  const entries = ["1", "2", "3"].map((officialId) => ({
    officialId,
    name: `Δήμος ${officialId}`,
    kind: "municipality",
    email: `mail@dimos${officialId}.gr`,
    postalAddress: `Πλατεία <${officialId}>, 10551 Αθήνα`,
  }));
  await importRegistry(platform.db, "GR", entries);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

const line = (officialId: string, name: string) => ({
  officialId,
  name,
  kind: "",
  email: null,
  postalAddress: null,
});

let count = 0;
const newcomer = (): Promise<Principal> =>
  signUp(platform.tenancy, {
    agencyName: `Agency ${++count}`,
    personName: "Maria Test",
    slug: `newcomer${count}`,
    localPart: "maria",
    password: "a long enough one",
    consent: true,
    locale: "en",
  });
const slugOf = ({ address }: Principal): string => address.split("@")[1]?.split(".")[0] ?? "";

function hand(outbound: Outbound, from: Principal, to: readonly string[]): Promise<Submitted> {
  const text = `From: ${from.address}\r\nSubject: x\r\n\r\nx\r\n`;
  return submit(outbound, from, {
    content: sourceOf(new TextEncoder().encode(text)),
    envelope: {
      mailFrom: from.address,
      rcptTo: to.map((address) => ({ address, notify: null, orcpt: null })),
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
    client: { ip: "192.0.2.1", isLimited: true, unknownRecipients: 0 },
  });
}

const others = (n: number): string[] => Array.from({ length: n }, (_, i) => `r${i}@elsewhere.test`);
const verify = async (who: Principal, officialId: string): Promise<void> => {
  const { tenantId, address: actor } = who;
  await sendCode(relay.outbound, { tenantId, actor }, { country: "GR", officialId, method: "letter" });
  const found = (await verificationCases(relay.outbound)).find((one) => one.tenantId === tenantId);
  const code = await codeOf(platform.tenancy, tenantId, found?.nonce ?? "");
  await confirmCode(relay.outbound, { tenantId, actor }, code);
};

describe("an agency that is not verified", () => {
  test("writes to a few outside in a day, to its own as ever, and to many when it is verified", async () => {
    const outbound: Outbound = { ...relay.outbound, unverifiedDaily: 20 };
    const maria = await newcomer();
    await hand(outbound, maria, others(15));
    await expect(hand(outbound, maria, others(6))).rejects.toMatchObject({
      code: "sending_limit",
      detail: { scope: "tenant", what: "recipients", window: "day", limit: 20 },
    });
    await hand(outbound, maria, others(5));
    await hand(outbound, maria, [maria.address]);
    const shown = await platform.db.tenant(maria.tenantId, (tx) =>
      readSendingLimits(tx, Date.now(), outbound),
    );
    expect(shown.caps.find((one) => one.scope === "tenant")?.limits.dayRecipients).toBe(20);
    await verify(maria, "1");
    await hand(outbound, maria, others(6));
    expect(await verificationOf(outbound, maria.tenantId)).toMatchObject({
      state: "verified",
      verifiedBy: "code",
    });
  });

  test("has 50 a day when nobody says otherwise, and what the operator says for it alone", async () => {
    const maria = await newcomer();
    await hand(relay.outbound, maria, others(50));
    await expect(hand(relay.outbound, maria, others(1))).rejects.toMatchObject({ detail: { limit: 50 } });
    const limits = { hourMessages: null, dayMessages: null, hourRecipients: null, dayRecipients: 60 };
    await setSendingCap(platform.db, maria.tenantId, { scope: "tenant", subject: "", limits });
    await hand(relay.outbound, maria, others(10));
    await expect(hand(relay.outbound, maria, others(1))).rejects.toMatchObject({ detail: { limit: 60 } });
  });

  test("is none that the operator made", async () => {
    await platform.tenant("made", "made.test");
    const pat = await platform.person("pat@made.test");
    await hand(relay.outbound, pat, others(60));
    await expect(
      sendCode(
        relay.outbound,
        { tenantId: pat.tenantId, actor: pat.address },
        { country: "GR", officialId: "2", method: "email" },
      ),
    ).rejects.toMatchObject({ code: "verification_closed" });
  });
});

describe("the operator", () => {
  test("prints each letter once, with the code that works", async () => {
    const maria = await newcomer();
    const { tenantId, address: actor } = maria;
    await sendCode(relay.outbound, { tenantId, actor }, { country: "GR", officialId: "2", method: "letter" });
    const pending = await pendingLetters(relay.outbound);
    expect(pending?.slugs).toEqual([slugOf(maria)]);
    expect(pending?.html).toContain("Πλατεία &lt;2&gt;<br>10551 Αθήνα");
    // A process that dies before the file is written has printed nothing.
    expect((await pendingLetters(relay.outbound))?.slugs).toEqual([slugOf(maria)]);
    await pending?.done();
    expect(await pendingLetters(relay.outbound)).toBeNull();
    const code = /code is: ([A-Z2-7]{4}-[A-Z2-7]{4})/.exec(pending?.html ?? "")?.[1] ?? "";
    await confirmCode(relay.outbound, { tenantId, actor }, code);
    expect(await verificationOf(relay.outbound, tenantId)).toMatchObject({ state: "verified" });
  });

  test("vouches, refuses with a reason, and lets an agency begin anew", async () => {
    const maria = await newcomer();
    const slug = slugOf(maria);
    const state = () => verificationOf(relay.outbound, maria.tenantId);
    await decideAgency(relay.outbound, slug, { isVerified: false, reason: "no such school" });
    expect(await state()).toMatchObject({ state: "refused", reason: "no such school", dailyRecipients: 50 });
    expect(await reopenAgency(relay.outbound, slug)).toBe(true);
    expect(await state()).toMatchObject({ state: "unverified", reason: null });
    await decideAgency(relay.outbound, slug, { isVerified: true, reason: "seen their letter" });
    expect(await state()).toMatchObject({ state: "verified", verifiedBy: "operator" });
    const audited = await platform.db.tenant(
      maria.tenantId,
      (tx) =>
        tx`select action, actor from audit_log where tenant_id = ${tx.tenantId} and action like 'verification.%' order by id`,
    );
    expect(audited.map((row) => `${row["actor"]} ${row["action"]}`)).toEqual([
      "operator verification.refuse",
      "operator verification.reopen",
      "operator verification.approve",
    ]);
    await expect(
      decideAgency(relay.outbound, "nobody", { isVerified: true, reason: "x" }),
    ).rejects.toMatchObject({
      code: "tenant_unknown",
    });
  });

  test("decides which of two an entry is", async () => {
    const [one, two] = [await newcomer(), await newcomer()];
    await verify(one, "3");
    const { tenantId, address: actor } = two;
    await sendCode(relay.outbound, { tenantId, actor }, { country: "GR", officialId: "3", method: "email" });
    expect(await verificationOf(relay.outbound, tenantId)).toMatchObject({ state: "contested" });
    await expect(
      decideAgency(relay.outbound, slugOf(two), { isVerified: true, reason: "they are" }),
    ).rejects.toMatchObject({ code: "verification_closed" });
    await decideAgency(relay.outbound, slugOf(one), { isVerified: false, reason: "they are not" });
    await decideAgency(relay.outbound, slugOf(two), { isVerified: true, reason: "they are" });
    expect(await verificationOf(relay.outbound, tenantId)).toMatchObject({
      state: "verified",
      entry: { officialId: "3" },
    });
    expect(await verificationOf(relay.outbound, one.tenantId)).toMatchObject({ state: "refused" });
  });
});

test("a registry is taken whole or not at all, and a second file replaces what is in it", async () => {
  expect(
    await importRegistry(platform.db, "CY", [line("1", "Α"), line("1", "Β"), line("", "Γ")]),
  ).toMatchObject({
    count: 0,
    problems: [{ index: 1 }, { index: 2 }],
  });
  expect((await importRegistry(platform.db, "CY", [line("1", "Παλαιό όνομα")])).count).toBe(1);
  expect((await importRegistry(platform.db, "CY", [line("1", "Νέο όνομα"), line("2", "Άλλο")])).count).toBe(
    2,
  );
  const bad = { ...line("3", "X"), email: "no address" };
  expect((await importRegistry(platform.db, "CY", [bad])).problems).toHaveLength(1);
  await expect(importRegistry(platform.db, "Cyprus", [])).rejects.toMatchObject({ code: "invalid_input" });
});
