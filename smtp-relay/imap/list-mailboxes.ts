import type { ListArgs, ListedMailbox } from "../../src/protocol/imap/index.ts";
import { listMatcher, parentsOf } from "../../src/protocol/imap/index.ts";
import { type MailboxTree, type NamedMailbox, specialUse } from "./mailbox-tree.ts";

/** One line of LIST; `found` is the mailbox when there is one of that name. */
export interface ListLine extends ListedMailbox {
  readonly found: NamedMailbox | undefined;
}

/** Does a name fit? INBOX does in any letter case (RFC 9051 §5.1). */
function nameTest(reference: string, patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.flatMap((pattern) => {
    const whole = reference + pattern;
    const upper = listMatcher(whole.toUpperCase());
    return [listMatcher(whole), (name: string) => name === "INBOX" && upper(name)];
  });
  return (name) => tests.some((test) => test(name));
}

/** What LIST tells (RFC 9051 §6.3.9, RFC 5258, RFC 6154). */
export function listMailboxes(tree: MailboxTree, args: ListArgs): ListLine[] {
  const { select, returns } = args;
  const fits = nameTest(args.reference, args.patterns);
  const isSelected = ({ box }: NamedMailbox): boolean =>
    (!select.includes("SUBSCRIBED") || box.isSubscribed) &&
    (!select.includes("SPECIAL-USE") || specialUse(box) !== undefined);
  const parents = select.includes("RECURSIVEMATCH") ? parentsOfSelected(tree, isSelected) : new Set<string>();
  return tree.all
    .filter((named) => fits(named.path) && (isSelected(named) || parents.has(named.path)))
    .map((named) => {
      const attributes = attributesOf(named);
      if (returns.subscribed && named.box.isSubscribed) attributes.push("\\Subscribed");
      // RFC 5258 §3.5: told of a mailbox whose children match, and which are not all told themselves.
      const childIsSubscribed = select.includes("SUBSCRIBED") && parents.has(named.path);
      return { name: named.path, attributes, childIsSubscribed, found: named };
    });
}

function attributesOf(named: NamedMailbox): string[] {
  const use = specialUse(named.box);
  return [named.hasChildren ? "\\HasChildren" : "\\HasNoChildren", ...(use === undefined ? [] : [use])];
}

function parentsOfSelected(tree: MailboxTree, isSelected: (named: NamedMailbox) => boolean): Set<string> {
  return new Set(tree.all.filter(isSelected).flatMap(({ path }) => parentsOf(path)));
}

/**
 * What LSUB tells (RFC 3501 §6.3.9): subscribed mailboxes, and with "%" at the end also the level above those that are
 * deeper, with \Noselect when it is not subscribed itself.
 */
export function listSubscribed(tree: MailboxTree, reference: string, pattern: string): ListLine[] {
  const fits = nameTest(reference, [pattern]);
  const subscribed = tree.all.filter(({ box }) => box.isSubscribed);
  const lines = subscribed
    .filter(({ path }) => fits(path))
    .map((found): ListLine => ({ name: found.path, attributes: attributesOf(found), found }));
  const told = new Set(lines.map(({ name }) => name));
  if (!pattern.endsWith("%")) return lines;
  for (const { path } of subscribed) {
    for (const name of parentsOf(path)) {
      if (told.has(name) || !fits(name)) continue;
      told.add(name);
      lines.push({ name, attributes: ["\\Noselect"], found: undefined });
    }
  }
  return lines;
}
