import { expect, test, vi } from "vitest";
import { ending, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

test("GETJMAPACCESS tells where JMAP starts, where there is JMAP (RFC 9698)", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person("one@a.test");
  await using relay = await startImapRelay(p, { jmapUrl: "https://mail.a.test/jmap/session" });
  const stranger = await relay.connect();
  expect(await ending(stranger, "GETJMAPACCESS")).toBe("BAD");
  expect((await talk(stranger, "CAPABILITY"))[0]).not.toContain("JMAPACCESS");
  stranger.close();
  const client = await relay.login("one@a.test");
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" JMAPACCESS");
  expect(await talk(client, "GETJMAPACCESS")).toEqual([
    '* JMAPACCESS "https://mail.a.test/jmap/session"',
    "OK done",
  ]);
  client.close();
  await using bare = await startImapRelay(p);
  const without = await bare.login("one@a.test");
  expect((await talk(without, "CAPABILITY"))[0]).not.toContain("JMAPACCESS");
  expect(await ending(without, "GETJMAPACCESS")).toBe("NO [CANNOT]");
  without.close();
});
