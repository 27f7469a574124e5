import { expect, test } from "vitest";
import { cachedAnswers } from "./answer-cache.ts";
import { type AskDns, DnsError } from "./resolver.ts";

test("an answer is kept for its time, asked for once at a time, and its failure is not kept", async () => {
  let now = 0;
  let asked = 0;
  const answers = [["192.0.2.1"], new DnsError("ESERVFAIL", "A x.test"), ["192.0.2.2"]];
  const ask: AskDns = async (_type, name) => {
    const next = answers[asked++];
    if (next instanceof DnsError) throw next;
    // Only addresses are asked for here.
    const records = JSON.parse(JSON.stringify(next ?? []));
    return { records, authenticated: true, ttl: 10, canonicalName: name };
  };
  const cached = cachedAnswers(ask, () => now);
  const both = await Promise.all([cached("A", "x.test"), cached("A", "X.test")]);
  expect(both.map(({ records }) => records)).toEqual([["192.0.2.1"], ["192.0.2.1"]]);
  now = 9_999;
  await cached("A", "x.test");
  expect(asked).toBe(1);
  now = 10_000;
  await expect(cached("A", "x.test")).rejects.toThrow(DnsError);
  expect((await cached("A", "x.test")).records).toEqual(["192.0.2.2"]);
  expect(asked).toBe(3);
});
