import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFresh, parseSrs, printSrs, srsText, unwrapSender, wrapSender } from "./index.ts";

const NOW = 1_795_305_600_000;
const DAY = 86_400_000;

function wrapped(sender: string, domain: string, hash = "HASH"): string {
  const srs = wrapSender(sender, NOW);
  const address = srs === null ? null : printSrs(srs, hash, domain);
  if (address === null) throw new Error(`no return path for ${sender}`);
  return address;
}

function unwrapped(address: string): string {
  const parsed = parseSrs(address.slice(0, address.lastIndexOf("@")));
  if (parsed === null) throw new Error(`${address} is none`);
  return unwrapSender(parsed.srs);
}

describe("a return path holds the sender", () => {
  test("and tells when it was made", () => {
    const first = wrapped("Ann.B@remote.test", "acme.test");
    expect(first).toMatch(/^SRS0=HASH=[A-Z2-7]{2}=remote\.test=Ann\.B@acme\.test$/);
    expect(unwrapped(first)).toBe("Ann.B@remote.test");
  });

  test("another host's return path is kept whole, and that host undoes it", () => {
    const first = wrapped("ann@remote.test", "one.test");
    const second = wrapped(first, "two.test", "2222");
    expect(second).toMatch(/^SRS1=2222=one\.test==HASH=..=remote\.test=ann@two\.test$/);
    const third = wrapped(second, "three.test", "3333");
    expect(third).toMatch(/^SRS1=3333=one\.test==HASH=..=remote\.test=ann@three\.test$/);
    expect(unwrapped(third)).toBe(first);
    expect(unwrapped(unwrapped(third))).toBe("ann@remote.test");
  });

  test("a quoted local part stays one", () => {
    const path = wrapped('"ann b"@remote.test', "acme.test");
    expect(path).toMatch(/^"SRS0=.*=ann b"@acme\.test$/);
    expect(unwrapped(path)).toBe('"ann b"@remote.test');
  });

  test("whatever the local part is, it comes back", () => {
    const local = fc
      .stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,40}$/)
      .filter((one) => !/^srs[01]/i.test(one));
    fc.assert(
      fc.property(
        local,
        (one) => unwrapped(wrapped(`${one}@remote.test`, "acme.test")) === `${one}@remote.test`,
      ),
    );
  });

  test("what is too long for a path is none", () => {
    const srs = wrapSender(
      `${"a".repeat(64)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.test`,
      NOW,
    );
    expect(srs && printSrs(srs, "HASH", "acme.test")).toBeNull();
  });
});

test("its time ends, also over the turn of the circle of stamps", () => {
  for (const now of [NOW, 1023 * DAY, 1024 * DAY, 2047.5 * DAY]) {
    const srs = wrapSender("ann@remote.test", now);
    if (srs === null) throw new Error("none");
    expect([0, 13, 14, 15, 400].map((days) => isFresh(srs, now + days * DAY, 14))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  }
});

test("the hash does not depend on letter case, which some hosts change", () => {
  const [a, b] = [wrapSender("Ann@Remote.test", NOW), wrapSender("ann@remote.test", NOW)];
  expect(a && srsText(a)).toBe(b && srsText(b));
});

test("what is not of this form is none, and parsing never throws", () => {
  for (const local of ["ann", "srs0", "SRS0=x", "SRS0=h=t=d=l", "SRS1=h=x", "SRS2=a=b=c=d", "SRS0==AA=d=l"])
    expect(parseSrs(local)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => parseSrs(text) === null || /^"?srs[01]/i.test(text)));
});
