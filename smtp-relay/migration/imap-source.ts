import type { ImapFlow, ListResponse } from "imapflow";
import { FLAG, type Flags } from "../../src/mailstore/index.ts";
import {
  type MailSource,
  type OpenFolder,
  SourceError,
  type SourceFolder,
  type SourceItem,
  type SpecialUse,
} from "../../src/migration/index.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { Spool, type SpoolDir } from "../inbound/spool.ts";
import { sourceErrorOf } from "./dial-source.ts";

/** Messages whose flags, dates and sizes are asked for at a time. */
const PAGE = 1_000;
/** Messages of a page that come with one command, and their octets. Two such groups are in memory at a time. */
const GROUP_MESSAGES = 64;
const GROUP_OCTETS = 4 * 1024 * 1024;
/** Larger ones come in pieces of this size, over the disk. */
const PIECE_OCTETS = 1024 * 1024;

const USES: ReadonlyMap<string, SpecialUse> = new Map([
  ["\\drafts", "drafts"],
  ["\\sent", "sent"],
  ["\\junk", "junk"],
  ["\\trash", "trash"],
  ["\\archive", "archive"],
  ["\\all", "all"],
  ["\\allmail", "all"],
  ["\\flagged", "flagged"],
  ["\\important", "important"],
  ["\\spam", "junk"],
]);

const SYSTEM: ReadonlyMap<string, number> = new Map([
  ["\\seen", FLAG.seen],
  ["\\answered", FLAG.answered],
  ["\\flagged", FLAG.flagged],
  ["\\deleted", FLAG.deleted],
  ["\\draft", FLAG.draft],
]);
const KEYWORD_MAX = 100;
const KEYWORDS_MAX = 50;

/** IMAP's flags as they are stored; unknown ones with a backslash belong to the old server alone. */
function readFlags(names: Iterable<string>): Flags {
  let bits = 0;
  const keywords = new Set<string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    bits |= SYSTEM.get(lower) ?? 0;
    const isKeyword = !lower.startsWith("\\") && lower.length <= KEYWORD_MAX && /^[\x21-\x7e]+$/.test(lower);
    if (isKeyword && keywords.size < KEYWORDS_MAX) keywords.add(lower);
  }
  return { bits, keywords: [...keywords].toSorted() };
}

/** One message as a page tells of it. */
interface Listed {
  readonly uid: number;
  readonly size: number;
  readonly flags: Flags;
  readonly receivedAt: number;
}

/** Reads a mailbox of an old server. Nothing is changed there: folders are opened to be looked at (EXAMINE), and reading marks nothing.
 * @param identity server and user, so that a second run knows what it has seen */
export class ImapSource implements MailSource {
  readonly kind = "imap";
  readonly identity: string;
  readonly #client: ImapFlow;
  readonly #spool: SpoolDir;
  readonly #sizeMax: number;

  /** @param sizeMax octets; what is larger is not fetched */
  constructor(client: ImapFlow, identity: string, spool: SpoolDir, sizeMax: number) {
    this.#client = client;
    this.identity = identity;
    this.#spool = spool;
    this.#sizeMax = sizeMax;
  }

  async folders(): Promise<readonly SourceFolder[]> {
    const all = await this.#ask(() => this.#client.list());
    const { namespaces } = this.#client;
    const foreign = [namespaces?.other, namespaces?.shared].flatMap((some) =>
      some === false || some === undefined ? [] : some.map((one) => one.prefix),
    );
    const own = all.filter(({ path, flags }) => {
      const isOther = foreign.some((prefix) => prefix !== "" && path.startsWith(prefix));
      const attributes = new Set([...flags].map((flag) => flag.toLowerCase()));
      return !isOther && !attributes.has("\\noselect") && !attributes.has("\\nonexistent");
    });
    const prefix = prefixOf(own, namespaces?.personal[0]?.prefix ?? "");
    return own.map((one) => {
      const delimiter = one.delimiter || "";
      const path =
        one.path !== prefix && one.path.startsWith(prefix) ? one.path.slice(prefix.length) : one.path;
      return {
        key: one.path,
        levels:
          one.path.toUpperCase() === "INBOX" ? ["INBOX"] : delimiter === "" ? [path] : path.split(delimiter),
        use: useOf(one),
        isSubscribed: one.subscribed,
      };
    });
  }

  async open(folder: SourceFolder): Promise<OpenFolder> {
    const box = await this.#ask(() => this.#client.mailboxOpen(folder.key, { readOnly: true }));
    const { uidValidity, uidNext, exists, highestModseq } = box;
    return {
      validity: String(uidValidity),
      found: exists,
      // Without counters of changes nobody knows whether a flag is another one.
      mark: highestModseq === undefined ? null : [uidValidity, uidNext, exists, highestModseq].join(" "),
      read: (isKnown) => this.#read(isKnown, folder.use === "all"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = setTimeout(() => this.#client.close(), 2_000);
    await this.#client.logout().catch(() => undefined);
    clearTimeout(late);
    this.#client.close();
  }

  async *#read(
    isKnown: (lo: number, hi: number) => Promise<ReadonlySet<number>>,
    isAll: boolean,
  ): AsyncGenerator<SourceItem> {
    const found = await this.#ask(() => this.#client.search({ all: true }, { uid: true }));
    const uids = (found === false || found === undefined ? [] : found).toSorted((a, b) => a - b);
    for (let i = 0; i < uids.length; i += PAGE) {
      const page = uids.slice(i, i + PAGE);
      const [lo = 0, hi = 0] = [page[0], page.at(-1)];
      const known = await isKnown(lo, hi);
      const { listed, elsewhere } = await this.#list(lo, hi, isAll);
      if (elsewhere > 0) yield { kind: "elsewhere", count: elsewhere };
      yield { kind: "known", marks: listed.filter(({ uid }) => known.has(uid)) };
      const wanted = listed.filter(({ uid }) => !known.has(uid));
      yield* this.#fetchAll(wanted);
    }
  }

  /** What a page says of its messages. Gmail tells of what is in All Mail in which other folders it is. */
  async #list(lo: number, hi: number, isAll: boolean): Promise<{ listed: Listed[]; elsewhere: number }> {
    const labels = isAll && this.#client.capabilities.has("X-GM-EXT-1");
    const query = { uid: true, flags: true, internalDate: true, size: true, labels };
    const all = await this.#ask(() => this.#client.fetchAll(`${lo}:${hi}`, query, { uid: true }));
    const listed = all
      .filter((one) => one.uid >= lo && one.uid <= hi && !(labels && isLabelled(one.labels ?? new Set())))
      .map((one) => ({
        uid: one.uid,
        size: one.size ?? 0,
        flags: readFlags(one.flags ?? []),
        receivedAt: timeOf(one.internalDate),
      }));
    return {
      listed: listed.toSorted((a, b) => a.uid - b.uid),
      elsewhere: labels ? all.length - listed.length : 0,
    };
  }

  /** The next group is on its way while the one before is being stored. */
  async *#fetchAll(wanted: readonly Listed[]): AsyncGenerator<SourceItem> {
    const groups = groupsOf(wanted);
    let next = this.#fetchAhead(groups[0]);
    for (const [i, group] of groups.entries()) {
      const [first] = group;
      if (first !== undefined && group.length === 1 && first.size > GROUP_OCTETS) {
        yield* this.#fetchLarge(first);
        next = this.#fetchAhead(groups[i + 1]);
        continue;
      }
      const got = await next();
      next = this.#fetchAhead(groups[i + 1]);
      for (const one of group) yield* got(one);
    }
  }

  /** Begins to fetch a group of small messages. @returns what waits for it */
  #fetchAhead(group: readonly Listed[] | undefined): () => Promise<(one: Listed) => Generator<SourceItem>> {
    const [first] = group ?? [];
    const isNone =
      group === undefined || first === undefined || (group.length === 1 && first.size > GROUP_OCTETS);
    const fetched = isNone ? Promise.resolve(new Map<number, Buffer | null>()) : this.#fetchSmall(group);
    fetched.catch(() => undefined); // it is awaited later, or never
    return async () => {
      const sources = await fetched;
      return function* (one) {
        const source = sources.get(one.uid);
        // One that has been removed meanwhile is not there any more.
        if (source === undefined) return;
        if (source === null) {
          yield { kind: "failed", uid: one.uid, code: "server", detail: "the old server does not give it" };
          return;
        }
        const { uid, flags, receivedAt } = one;
        yield { kind: "message", uid, flags, receivedAt, content: sourceOf(source) };
      };
    };
  }

  /** @returns null for what the server refuses; what is gone is left out */
  async #fetchSmall(group: readonly Listed[]): Promise<Map<number, Buffer | null>> {
    const got = new Map<number, Buffer | null>();
    const take = async (uids: readonly number[]): Promise<void> => {
      const answers = await this.#client.fetchAll(uids.join(","), { uid: true, source: true }, { uid: true });
      for (const { uid, source } of answers) {
        const isEmpty = group.some((one) => one.uid === uid && one.size === 0);
        got.set(uid, source ?? (isEmpty ? Buffer.alloc(0) : null));
      }
    };
    try {
      await take(group.map(({ uid }) => uid));
    } catch (error) {
      if (!this.#client.usable) throw sourceErrorOf(error);
      // One of them is refused: each by itself.
      for (const { uid } of group.filter((one) => !got.has(one.uid)))
        try {
          await take([uid]);
        } catch (one) {
          if (!this.#client.usable) throw sourceErrorOf(one);
          got.set(uid, null);
        }
    }
    return got;
  }

  async *#fetchLarge({ uid, size, flags, receivedAt }: Listed): AsyncGenerator<SourceItem> {
    if (size > this.#sizeMax) {
      yield {
        kind: "failed",
        uid,
        code: "too_large",
        detail: `${size} octets; at most ${this.#sizeMax} are taken here`,
      };
      return;
    }
    await using spool = new Spool(this.#spool, this.#sizeMax);
    for (let start = 0; ;) {
      const source = { start, maxLength: PIECE_OCTETS };
      const piece = await this.#ask(() => this.#client.fetchOne(String(uid), { source }, { uid: true }));
      if (piece === false || piece === undefined) return;
      const octets = piece.source ?? Buffer.alloc(0);
      if (octets.length > 0) await spool.add([octets]);
      start += octets.length;
      if (octets.length < PIECE_OCTETS || spool.isTooLarge) break;
    }
    if (spool.failure !== undefined)
      throw new SourceError("disk_full", "there is no room for large messages on the way", false, {
        cause: spool.failure,
      });
    if (spool.isTooLarge)
      yield { kind: "failed", uid, code: "too_large", detail: `at most ${this.#sizeMax} are taken here` };
    else yield { kind: "message", uid, flags, receivedAt, content: spool.source() };
  }

  /** @throws {SourceError} cut, server, … */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const told = sourceErrorOf(error);
      throw told.code === "cut" && this.#client.usable
        ? new SourceError("server", told.message, false, { cause: error })
        : told;
    }
  }
}

/** Labels that Gmail gives by itself are no folders. */
const isLabelled = (labels: ReadonlySet<string>): boolean =>
  [...labels].some((label) => !/^\\?(important|starred|muted)$/i.test(label));

const useOf = ({ path, flags }: ListResponse): SpecialUse | null => {
  if (path.toUpperCase() === "INBOX") return "inbox";
  for (const flag of flags) {
    const use = USES.get(flag.toLowerCase());
    if (use !== undefined) return use;
  }
  return null;
};

/** What all names begin with (`INBOX.`): as the server says, or since they all do. */
function prefixOf(folders: readonly ListResponse[], told: string): string {
  if (told !== "") return told;
  const others = folders.filter(({ path }) => path.toUpperCase() !== "INBOX");
  const delimiter = others[0]?.delimiter ?? "";
  const prefix = `INBOX${delimiter}`;
  const all = delimiter !== "" && others.every(({ path }) => path.startsWith(prefix));
  // Somebody who has only put folders below the inbox meant them there: a server that puts everything there has Sent there too.
  return all && others.some(({ flags }) => [...flags].some((flag) => USES.has(flag.toLowerCase())))
    ? prefix
    : "";
}

function timeOf(date: Date | string | undefined): number {
  const ms = date === undefined ? Number.NaN : new Date(date).getTime();
  return Number.isNaN(ms) ? 0 : ms;
}

/** Small messages together, each large one alone; in their order. */
function groupsOf(wanted: readonly Listed[]): Listed[][] {
  const groups: Listed[][] = [];
  let octets = Number.POSITIVE_INFINITY;
  for (const one of wanted) {
    const last = groups.at(-1);
    octets += one.size;
    if (last === undefined || octets > GROUP_OCTETS || last.length === GROUP_MESSAGES) {
      groups.push([one]);
      octets = one.size;
    } else last.push(one);
  }
  return groups;
}
