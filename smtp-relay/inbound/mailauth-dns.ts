import type { DNSResolver } from "mailauth";
import type { Resolver } from "../../src/dns/index.ts";

/** Questions that one message may cause. SPF alone may ask 10 times, with 10 more for each of them (RFC 7208 §4.6.4). */
const QUESTIONS_MAX = 120;

/** Failures in the words of Node's resolver, which mailauth understands. Made once: most questions of most messages have no answer. */
const NO_RECORDS = Object.assign(new Error("no records"), { code: "ENODATA" });
const NO_ANSWER = Object.assign(new Error("no answer in time"), { code: "ETIMEOUT" });

/** Our resolver in the form that mailauth asks for, for one message: each question is asked once, however many checks need it, and
 * nothing more is asked once that is over. */
export function mailauthDns(resolver: Resolver, questions: { readonly isOver: boolean }): DNSResolver {
  const asked = new Map<string, Promise<string[][] | string[]>>();
  return (name, type) => {
    const question = `${type} ${name.toLowerCase()}`;
    const known = asked.get(question);
    if (known !== undefined) return known;
    if (questions.isOver || asked.size >= QUESTIONS_MAX) return Promise.reject(NO_ANSWER);
    const answer = ask(resolver, name, type).then((records) => {
      // SPF counts answers without records (RFC 7208 §4.6.4), so "there is none" is told as Node tells it.
      if (records.length === 0) throw NO_RECORDS;
      return records;
    });
    asked.set(question, answer);
    answer.catch(() => undefined); // a look-up that was started early may fail before anybody waits for it
    return answer;
  };
}

async function ask(resolver: Resolver, name: string, type: string): Promise<string[][] | string[]> {
  switch (type) {
    case "TXT":
      return (await resolver.txt(name)).map((text) => [text]);
    case "A":
      return [...(await resolver.a(name))];
    case "AAAA":
      return [...(await resolver.aaaa(name))];
    case "PTR":
      return [...(await resolver.ptr(addressOf(name)))];
    case "MX":
      // The types know lists of names only; MX records are read as Node gives them.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return (await resolver.mx(name)).map((record) => ({ ...record })) as unknown as string[];
    default:
      return [];
  }
}

/** `2.0.0.127.in-addr.arpa` → `127.0.0.2`: our resolver takes addresses. */
function addressOf(arpa: string): string {
  const labels = arpa
    .toLowerCase()
    .replace(/\.(?:in-addr|ip6)\.arpa\.?$/, "")
    .split(".")
    .toReversed();
  if (/\.in-addr\.arpa\.?$/i.test(arpa)) return labels.join(".");
  return (labels.join("").match(/.{4}/g) ?? []).join(":");
}
