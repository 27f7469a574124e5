import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginScram, endScram, type ScramOffer, toBase64 } from "./index.ts";
import { parseScramFinal, parseScramFirst } from "./scram-message.ts";

const none: ScramOffer = { isPlus: false, plusOffered: false, channel: () => undefined };
const channel = new Uint8Array(32).fill(9);
const plus: ScramOffer = {
  isPlus: true,
  plusOffered: true,
  channel: (type) => (type === "tls-exporter" ? channel : undefined),
};

const begin = (flag: string, offer: ScramOffer) => {
  const step = beginScram(`${flag},,n=u,r=n`, offer);
  return step.kind === "fault" ? step.fault : step.kind;
};

describe("binding to the channel", () => {
  test("who sees no -PLUS though there is one has been deceived", () => {
    expect(begin("y", none)).toBe("next");
    expect(begin("n", { ...none, plusOffered: true })).toBe("next");
    expect(begin("y", { ...none, plusOffered: true })).toBe("downgraded");
  });
  test("-PLUS binds, and the other does not", () => {
    expect(begin("p=tls-exporter", plus)).toBe("next");
    expect(begin("p=tls-unique", plus)).toBe("binding-unknown");
    expect(begin("n", plus)).toBe("binding-missing");
    expect(begin("y", plus)).toBe("binding-missing");
    expect(begin("p=tls-exporter", { ...plus, isPlus: false })).toBe("binding-missing");
    expect(begin("p=", plus)).toBe("malformed");
  });
  test("only this channel", () => {
    const first = beginScram("p=tls-exporter,,n=u,r=n", plus);
    if (first.kind !== "next") throw new Error(first.kind);
    const challenge = { nonce: "nm", salt: channel, iterations: 4096 };
    const end = (data: Uint8Array, nonce = "nm") => {
      const header = new TextEncoder().encode("p=tls-exporter,,");
      const c = toBase64(Uint8Array.of(...header, ...data));
      const step = endScram(`c=${c},r=${nonce},p=YQ==`, first.value, challenge, plus);
      return step.kind === "fault" ? step.fault : step.kind;
    };
    expect(end(channel)).toBe("next");
    expect(end(channel.slice(1))).toBe("binding-wrong");
    expect(end(new Uint8Array(32))).toBe("binding-wrong");
    expect(end(channel, "nx")).toBe("nonce-wrong");
  });
});

test("names with a comma and an equals sign", () => {
  expect(parseScramFirst("n,a=x=2Cy,n=a=3Db=2Cc,r=x,e=1")).toMatchObject({
    ok: true,
    value: { user: "a=b,c", authorizationId: "x,y", gs2Header: "n,a=x=2Cy,", bare: "n=a=3Db=2Cc,r=x,e=1" },
  });
});

test.for([
  "",
  "n",
  "n,,",
  "x,,n=u,r=n",
  "n,b,n=u,r=n",
  "n,,n=,r=n",
  "n,,n=u=,r=n",
  "n,,n=u=2c,r=n",
  "n,,n=u\0,r=n",
  "n,,n=u",
  "n,,n=u,r=",
  "n,,n=u,r=a b",
  "n,,m=x,n=u,r=n",
  "n,,r=n,n=u",
  "n,,n=u,r=n,",
])("%j is no first message", (text) => {
  expect(beginScram(text, none).kind).toBe("malformed");
});

test.for([
  "",
  "c=biws",
  "c=biws,r=n",
  "c=biws,r=n,p=",
  "c=b!,r=n,p=YQ==",
  "r=n,c=biws,p=YQ==",
  "c=biws,r=n,p=YQ==,x=1",
])("%j is no last message", (text) => {
  expect(parseScramFinal(text).ok).toBe(false);
});

test("nothing that comes in throws", () => {
  const part = fc.constantFrom(
    "n",
    "y",
    "p=",
    ",",
    "a=",
    "n=",
    "r=",
    "=2C",
    "c=",
    "biws",
    "\0",
    "é",
    "m=",
    "x=1",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 5 })), { maxLength: 14 }), (parts) => {
      const text = parts.join("");
      const first = parseScramFirst(text);
      expect(first.ok ? first.value.gs2Header + first.value.bare : text).toBe(text);
      expect(typeof parseScramFinal(text).ok).toBe("boolean");
    }),
  );
});
