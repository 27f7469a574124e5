import fc from "fast-check";
import { expect, test } from "vitest";
import { baseSubject } from "./base-subject.ts";

// The cases that RFC 5256 §2.1 and its ABNF (§5) name, and a few that follow from their order.
test.each([
  ["Hello", "Hello", false],
  ["Re: Hello", "Hello", true],
  ["RE:Hello", "Hello", true],
  ["re : Hello", "Hello", true],
  ["Fw: Hello", "Hello", true],
  ["FWD: Hello", "Hello", true],
  ["Re[2]: Hello", "Hello", true],
  ["Re [2] : Hello", "Hello", true],
  ["Re: Re: Fwd: Hello", "Hello", true],
  ["Hello (fwd)", "Hello", true],
  ["Hello (FWD) (fwd)  ", "Hello", true],
  ["[list] Hello", "Hello", false],
  ["[list] Re: Hello", "Hello", true],
  ["Re: [list] Hello", "Hello", true],
  ["[a] [b] Re: [c] Hello", "Hello", true],
  ["[list]", "[list]", false],
  ["Re: [list]", "[list]", true],
  ["[a][b]", "[b]", false],
  ["[fwd: Hello]", "Hello", true],
  ["[Fwd: Re: Hello (fwd)]", "Hello", true],
  ["Re: [fwd: [list] Hello]", "Hello", true],
  ["[fwd: Hello] more", "[fwd: Hello] more".slice(13), false],
  ["  several \t blanks\r\n  inside ", "several blanks inside", false],
  ["Regarding: x", "Regarding: x", false],
  ["Forward: x", "Forward: x", false],
  ["Re: ", "", true],
  ["", "", false],
  ["Re:Re:[x]Re:", "", true],
  ["(fwd)", "", true],
  ["Hello[x]", "Hello[x]", false],
])("%j is %j", (subject, text, isReply) => {
  expect(baseSubject(subject)).toEqual({ text, isReply });
});

const words = fc.constantFrom("re:", "Re", " ", "[fwd:", "]", "[", "(fwd)", "fw", ":", "x", "\t", "[a]");

test("a base subject is its own base subject, and answers to it have the same", () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 20 }), (pieces) => {
      const { text } = baseSubject(pieces.join(""));
      expect(baseSubject(text)).toEqual({ text, isReply: false });
      expect(baseSubject(`Re: ${text}`)).toEqual({ text, isReply: true });
    }),
  );
});

test("the longest of subjects takes no time", () => {
  for (const piece of ["[a]", "re:", "[fwd:", "(fwd)", "[", "re[", " "]) {
    expect(baseSubject(piece.repeat(100_000)).text.length).toBeLessThan(5_000);
  }
});
