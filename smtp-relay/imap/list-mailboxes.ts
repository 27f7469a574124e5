import type { ListArgs, ListedMailbox } from "../../src/protocol/imap/index.ts";
import { may } from "../../src/mailstore/index.ts";
import { DELIMITER, listMatcher, parentsOf } from "../../src/protocol/imap/index.ts";
import { type ListedName, type MailboxTree, type NamedMailbox, specialUse } from "./mailbox-tree.ts";
import { isReserved } from "./namespaces.ts";

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
  const tellsUse = useTest(args);
  const isSelected = ({ named }: ListedName): boolean => {
    if (named === undefined) return select.every((one) => one === "REMOTE");
    return (
      (!select.includes("SUBSCRIBED") || named.box.isSubscribed) &&
      (!select.includes("SPECIAL-USE") || (specialUse(named.box) !== undefined && tellsUse(named)))
    );
  };
  const parents = select.includes("RECURSIVEMATCH") ? parentsOfSelected(tree, isSelected) : new Set<string>();
  return tree.names
    .filter((name) => fits(name.path) && (isSelected(name) || parents.has(name.path)))
    .map(({ path, named }) => {
      const attributes = attributesOf(named, tellsUse);
      if (returns.subscribed && named?.box.isSubscribed === true) attributes.push("\\Subscribed");
      // RFC 5258 §3.5: told of a mailbox whose children match, and which are not all told themselves.
      const childIsSubscribed = select.includes("SUBSCRIBED") && parents.has(path);
      return { name: path, attributes, childIsSubscribed, found: named };
    });
}

/**
 * Special uses are told of the own mailboxes. Of another account's they are when a pattern names that account: a client that looks
 * for its "Sent" among all mailboxes must not find somebody else's.
 */
function useTest({ reference, patterns }: ListArgs): (named: NamedMailbox) => boolean {
  const starts = patterns.map((pattern) => /^[^%*]*/.exec(reference + pattern)?.[0] ?? "");
  return ({ path }) => {
    const account = isReserved(path) ? `${path.split(DELIMITER, 2).join(DELIMITER)}${DELIMITER}` : "";
    return starts.some((start) => start.startsWith(account));
  };
}

const isOwn = ({ path }: NamedMailbox): boolean => !isReserved(path);

function attributesOf(named: NamedMailbox | undefined, tellsUse: (named: NamedMailbox) => boolean): string[] {
  // RFC 5258 §3 has the first imply the second; older clients know the second alone.
  if (named === undefined) return ["\\NonExistent", "\\Noselect", "\\HasChildren"];
  const use = tellsUse(named) ? specialUse(named.box) : undefined;
  const attributes = [named.hasChildren ? "\\HasChildren" : "\\HasNoChildren"];
  if (!may(named.rights, "r")) attributes.push("\\Noselect");
  return use === undefined ? attributes : [...attributes, use];
}

function parentsOfSelected(tree: MailboxTree, isSelected: (name: ListedName) => boolean): Set<string> {
  return new Set(tree.names.filter(isSelected).flatMap(({ path }) => parentsOf(path)));
}

/**
 * What LSUB tells (RFC 3501 §6.3.9): subscribed mailboxes, and with "%" at the end also the level above those that are
 * deeper, with \Noselect when it is not subscribed itself.
 */
export function listSubscribed(tree: MailboxTree, reference: string, pattern: string): ListLine[] {
  const fits = nameTest(reference, [pattern]);
  const subscribed = tree.names.flatMap(({ named }) => (named?.box.isSubscribed === true ? [named] : []));
  const lines = subscribed
    .filter(({ path }) => fits(path))
    .map((found): ListLine => ({ name: found.path, attributes: attributesOf(found, isOwn), found }));
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
