import type { Clock } from "../kernel/ports.ts";
import type { Answer, AskDns, RecordTypes } from "./resolver.ts";

/** Answers of one type kept at most; the one that has been there longest goes first. */
const ANSWERS_MAX = 10_000;
/** Nobody's answer is kept longer than this, in seconds: what has changed is to be seen within the hour. */
const TTL_MAX = 3_600;

interface Kept<T> {
  readonly answer: Promise<Answer<T>>;
  /** infinite while the question is on its way */
  until: number;
}

type Answers = { readonly [T in keyof RecordTypes]: Map<string, Kept<RecordTypes[T]>> };

/** Keeps answers for as long as they say, and asks a question once that many ask at the same time. No answer is not kept. */
export function cachedAnswers(ask: AskDns, clock: Clock): AskDns {
  const kept: Answers = {
    MX: new Map(),
    A: new Map(),
    AAAA: new Map(),
    PTR: new Map(),
    TXT: new Map(),
    TLSA: new Map(),
    NS: new Map(),
    CNAME: new Map(),
    SOA: new Map(),
  };
  return async <T extends keyof RecordTypes>(type: T, name: string): Promise<Answer<RecordTypes[T]>> => {
    const answers = kept[type];
    const key = name.toLowerCase();
    const found = answers.get(key);
    if (found !== undefined && found.until > clock()) return found.answer;
    const asked = { answer: ask(type, name), until: Infinity };
    answers.delete(key);
    answers.set(key, asked);
    for (const oldest of answers.keys()) {
      if (answers.size <= ANSWERS_MAX) break;
      answers.delete(oldest);
    }
    try {
      const answer = await asked.answer;
      asked.until = clock() + Math.min(answer.ttl, TTL_MAX) * 1_000;
      return answer;
    } catch (error) {
      if (answers.get(key) === asked) answers.delete(key);
      throw error;
    }
  };
}
