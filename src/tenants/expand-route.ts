import type { AccountId, TenantId } from "../kernel/id.ts";
import type { LocalRecipient, Onward, Recipient } from "./recipient.ts";
import type { RouteAccount, RouteGraph, RouteGroup, RouteTarget } from "./route.store.ts";

/** Forwards that lead to forwards: the last one keeps what it gets. */
const DEPTH_MAX = 32;

export interface AskedRoute {
  /** canonical */
  readonly address: string;
  readonly domain: string;
  /** postmaster or abuse, with or without detail */
  readonly isRole: boolean;
  /** canonical forms of the sender's address: as it is, and without detail; none is the null path */
  readonly senders: readonly string[];
}

/** The graph by ids. */
export interface RouteIndex {
  readonly graph: RouteGraph;
  readonly accounts: ReadonlyMap<AccountId, RouteAccount>;
  readonly groups: ReadonlyMap<string, RouteGroup>;
}

export function indexRoutes(graph: RouteGraph): RouteIndex {
  return {
    graph,
    accounts: new Map((graph.accounts ?? []).map((one) => [one.id, one])),
    groups: new Map((graph.groups ?? []).map((one) => [one.id, one])),
  };
}

/** Decides where mail to one address goes: each mailbox once, circles of groups and forwards ended, so that a message which only
 * runs in circles stays in a mailbox. */
export function expandRoute(
  tenantId: TenantId,
  index: RouteIndex,
  root: RouteGraph["roots"][number] | undefined,
  asked: AskedRoute,
): Recipient {
  const local = (one: RouteAccount, address: string): LocalRecipient => ({
    kind: "local",
    tenantId,
    accountId: one.id,
    address,
    quotaBytes: one.quotaBytes,
    usedBytes: one.usedBytes,
    ...(asked.isRole ? { mustReach: true } : {}),
  });
  const keeper = (): Recipient => {
    const { graph, accounts } = index;
    const account = graph.keeper === null ? undefined : accounts.get(graph.keeper);
    return account === undefined ? { kind: "unknown_user" } : local(account, asked.address);
  };
  const at = root?.account ?? null;
  const account = at === null ? undefined : index.accounts.get(at);
  const group = index.groups.get(root?.group ?? "");
  if (root === undefined || (account === undefined && group === undefined && root.written === null))
    return asked.isRole ? keeper() : { kind: "unknown_user" };
  if (account?.disabled === true) return asked.isRole ? keeper() : { kind: "disabled" };
  if (account !== undefined && account.keepCopy === null) return local(account, asked.address);
  const isRestricted = group !== undefined && group.senders !== "anyone" && !asked.isRole;
  if (isRestricted && !mayWrite(index, group, asked.senders)) return { kind: "refused", why: "senders" };

  const walk = new Walk(index, local);
  if (root.written !== null) walk.sendOn(`catch-all:${asked.domain}`, asked.address, [root.written], null);
  else walk.follow(root, 0);
  const [mailboxes, onward] = [[...walk.mailboxes.values()], [...walk.onward.values()]];
  if (mailboxes.length === 0 && onward.length === 0)
    return asked.isRole ? keeper() : { kind: "unknown_user" };
  return {
    kind: "routed",
    tenantId,
    address: asked.address,
    mailboxes,
    onward,
    passes: [...walk.passes],
    group: group === undefined ? null : `group:${group.id}`,
    needsProof: isRestricted,
  };
}

/** Is the sender of the envelope one of those who may write to this group? Members of groups in it are its members. */
function mayWrite({ graph, groups }: RouteIndex, group: RouteGroup, senders: readonly string[]): boolean {
  const { sender: inside } = graph;
  if (group.senders === "tenant") return inside !== null;
  const seen = new Set<string>([group.id]);
  for (const id of seen) {
    if (inside?.group === id) return true;
    for (const member of groups.get(id)?.members ?? []) {
      if (member.account !== null && member.account === inside?.account) return true;
      if (member.address !== null && senders.includes(member.address)) return true;
      if (member.group !== null) seen.add(member.group);
    }
  }
  return false;
}

class Walk {
  readonly mailboxes = new Map<AccountId, LocalRecipient>();
  readonly onward = new Map<string, Onward>();
  readonly passes = new Set<string>();
  readonly #index: RouteIndex;
  readonly #local: (one: RouteAccount, address: string) => LocalRecipient;
  /** Those that we are in now, and what was reached through the others. */
  readonly #open = new Set<string>();
  readonly #done = new Map<string, boolean>();

  constructor(index: RouteIndex, local: (one: RouteAccount, address: string) => LocalRecipient) {
    this.#index = index;
    this.#local = local;
  }

  sendOn(via: string, address: string, targets: readonly string[], keeper: LocalRecipient | null): void {
    this.passes.add(via);
    this.onward.set(via, { via, address, targets, keeper });
  }

  /** @returns whether somebody has the message then */
  follow(target: RouteTarget, depth: number): boolean {
    const id = target.account ?? target.group;
    if (id === null) return false;
    const known = this.#done.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) return false;
    this.#open.add(id);
    const account = target.account === null ? undefined : this.#index.accounts.get(target.account);
    const group = target.group === null ? undefined : this.#index.groups.get(target.group);
    const reached =
      account !== undefined
        ? this.#account(account, depth)
        : group !== undefined && this.#group(group, depth);
    this.#open.delete(id);
    this.#done.set(id, reached);
    return reached;
  }

  #account(account: RouteAccount, depth: number): boolean {
    if (account.disabled) return false;
    const own = this.#local(account, account.address);
    let isElsewhere = false;
    if (account.keepCopy !== null && depth < DEPTH_MAX) {
      const targets = account.targets ?? [];
      for (const target of targets) isElsewhere = this.follow(target, depth + 1) || isElsewhere;
      const outside = targets.flatMap((target) => target.written ?? []);
      if (outside.length > 0) this.sendOn(`account:${account.id}`, account.address, outside, own);
      isElsewhere ||= outside.length > 0;
    }
    if (!isElsewhere || account.keepCopy === true) this.mailboxes.set(account.id, own);
    return true;
  }

  #group(group: RouteGroup, depth: number): boolean {
    if (depth >= DEPTH_MAX) return false;
    const members = group.members ?? [];
    this.passes.add(`group:${group.id}`);
    let isReached = false;
    for (const member of members) isReached = this.follow(member, depth + 1) || isReached;
    const outside = members.flatMap((member) => member.written ?? []);
    if (outside.length > 0) this.sendOn(`group:${group.id}`, group.address, outside, null);
    return isReached || outside.length > 0;
  }
}
