import { describe, expect, test } from "vitest";
import { parseHeaders } from "./header-fields.ts";
import {
  asAddresses,
  asDate,
  asGroupedAddresses,
  asMessageIds,
  asRaw,
  asText,
  asUrls,
} from "./header-forms.ts";

describe("the header forms of RFC 8621 §4.1.2", () => {
  test("Raw keeps the leading blank and the folds, replaces what is no UTF-8 and drops NUL", () => {
    const bytes = Uint8Array.from([...new TextEncoder().encode("A: b\r\n c\0"), 0xe9, 13, 10]);
    const [field] = parseHeaders(bytes);
    expect(field === undefined ? null : asRaw(bytes, field)).toBe(" b\r\n c\uFFFD");
  });

  test("Text is decoded, unfolded and in NFC", () => {
    expect(asText("=?utf-8?Q?Caf=C3=A9?= e\u0301")).toBe("Café é");
  });

  test("Addresses: the example of §4.1.2.3", () => {
    const value =
      '"  James Smythe" <james@example.com>, Friends: jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?= <john@example.com>;';
    const james = { name: "James Smythe", email: "james@example.com" };
    const jane = { name: null, email: "jane@example.com" };
    const john = { name: "John Smîth", email: "john@example.com" };
    expect(asAddresses(value)).toEqual([james, jane, john]);
    expect(asGroupedAddresses(value)).toEqual([
      { name: null, addresses: [james] },
      { name: "Friends", addresses: [jane, john] },
    ]);
  });

  test("MessageIds", () => {
    expect(asMessageIds("<a@b> (comment) <c @d>\r\n <a@b>")).toEqual(["a@b", "c@d"]);
    expect(asMessageIds("a@b, c@d")).toEqual(["a@b", "c@d"]);
    expect(asMessageIds("Your message of Monday")).toBeNull();
  });

  test("Date", () => {
    expect(asDate("Mon, 2 Nov 2026 10:00:00 +0200")).toEqual({ ms: 1_793_606_400_000, zoneMinutes: 120 });
    expect(asDate("soon")).toBeNull();
  });

  test("URLs of List-* fields (RFC 2369)", () => {
    expect(
      asUrls("<mailto:list@host.com?subject=help> (List Instructions), <http://www.host.com/list>"),
    ).toEqual(["mailto:list@host.com?subject=help", "http://www.host.com/list"]);
    expect(asUrls("NO (posting not allowed)")).toBeNull();
  });
});
