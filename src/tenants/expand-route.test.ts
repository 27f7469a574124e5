import fc from "fast-check";
import { expect, test } from "vitest";
import { AccountId, TenantId } from "../kernel/id.ts";
import { expandRoute, indexRoutes } from "./expand-route.ts";
import type { RouteAccount, RouteGraph, RouteGroup, RouteTarget } from "./route.store.ts";

const TENANT = TenantId.parse("00000000-0000-4000-8000-0000000000aa");
const ACCOUNTS = 8;
const GROUPS = 4;
const accountId = (n: number): AccountId =>
  AccountId.parse(`00000000-0000-4000-8000-${String(n).padStart(12, "0")}`);
const asked = { address: "root@acme.test", domain: "acme.test", isRole: false, senders: [] };

const target = fc.oneof(
  fc.nat(ACCOUNTS - 1).map((n): RouteTarget => ({ account: accountId(n), group: null, written: null })),
  fc.nat(GROUPS - 1).map((n): RouteTarget => ({ account: null, group: `g${n}`, written: null })),
  fc.nat(3).map((n): RouteTarget => ({ account: null, group: null, written: `x${n}@outside.test` })),
);
const targets = fc.array(target, { maxLength: 4 });
const account = fc.record({ keepCopy: fc.constantFrom(null, true, false), targets, disabled: fc.boolean() });
const world = fc.record({
  accounts: fc.array(account, { minLength: ACCOUNTS, maxLength: ACCOUNTS }),
  groups: fc.array(targets, { minLength: GROUPS, maxLength: GROUPS }),
});

function graphOf(
  { accounts, groups }: typeof world extends fc.Arbitrary<infer W> ? W : never,
  root: RouteTarget,
): RouteGraph {
  return {
    roots: [{ ...root, isCaught: false }],
    accounts: accounts.map((one, n): RouteAccount => ({
      id: accountId(n),
      address: `a${n}@acme.test`,
      quotaBytes: 100,
      usedBytes: 0,
      ...one,
      targets: one.keepCopy === null ? null : one.targets,
    })),
    groups: groups.map((members, n): RouteGroup => ({
      id: `g${n}`,
      address: `g${n}@acme.test`,
      senders: "anyone",
      members: members.map((one) => ({ ...one, address: one.written })),
    })),
    keeper: null,
    sender: null,
  };
}

test("whatever forwards and groups make of each other: it ends, nobody has it twice, and nobody's mail is lost", () => {
  fc.assert(
    fc.property(world, fc.nat(ACCOUNTS - 1), (one, n) => {
      const root = { account: accountId(n), group: null, written: null };
      const graph = graphOf(one, root);
      const to = expandRoute(TENANT, indexRoutes(graph), graph.roots[0], asked);
      if (one.accounts[n]?.disabled === true) return to.kind === "disabled";
      if (to.kind === "local") return one.accounts[n]?.keepCopy === null;
      if (to.kind !== "routed") return false;
      const boxes = to.mailboxes.map((box) => box.accountId);
      const isKept = one.accounts[n]?.keepCopy !== true || boxes.includes(accountId(n));
      const vias = to.onward.map((step) => step.via);
      return (
        isKept &&
        new Set(boxes).size === boxes.length &&
        new Set(vias).size === vias.length &&
        vias.every((via) => to.passes.includes(via)) &&
        boxes.length + vias.length > 0 &&
        boxes.every((id) => graph.accounts?.find((box) => box.id === id)?.disabled === false)
      );
    }),
    { numRuns: 2_000 },
  );
});

test("a group gives each member once, and is nobody's mailbox when nobody is in it", () => {
  fc.assert(
    fc.property(world, fc.nat(GROUPS - 1), (one, n) => {
      const graph = graphOf(one, { account: null, group: `g${n}`, written: null });
      const to = expandRoute(TENANT, indexRoutes(graph), graph.roots[0], asked);
      if (to.kind === "unknown_user") return true;
      return to.kind === "routed" && to.group === `group:g${n}` && to.passes.includes(`group:g${n}`);
    }),
  );
});

test("a chain of forwards that is too long ends in the mailbox it has come to", () => {
  const chain = Array.from({ length: 100 }, (_, n): RouteAccount => ({
    id: accountId(n),
    address: `a${n}@acme.test`,
    quotaBytes: 100,
    usedBytes: 0,
    disabled: false,
    keepCopy: false,
    targets: [{ account: accountId(n + 1), group: null, written: null }],
  }));
  const root = { account: accountId(0), group: null, written: null, isCaught: false };
  const graph = { roots: [root], accounts: chain, groups: null, keeper: null, sender: null };
  const to = expandRoute(TENANT, indexRoutes(graph), root, asked);
  expect(to).toMatchObject({ kind: "routed", mailboxes: [{ address: "a32@acme.test" }], onward: [] });
});
