import { z } from "zod";

const address = z.string().trim().min(3).max(320);

/** `GET /v1/aliases`: further addresses of people and groups. */
export const Alias = z.object({ alias: z.string(), target: z.string() }).meta({ id: "Alias" });
export type Alias = z.output<typeof Alias>;

/** `GET /v1/aliases?limit=&cursor=`: a page, by address; `nextCursor` is null on the last one. */
export const AliasPage = z.object({ aliases: z.array(Alias), nextCursor: z.string().nullable() });

/** `POST /v1/aliases` */
export const NewAlias = z.strictObject({ alias: address, target: address });

/** Who may write to a group: everybody, its members (those of groups in it too), or everybody of the agency. */
export const GroupSenders = z.enum(["anyone", "members", "tenant"]);
export type GroupSenders = z.output<typeof GroupSenders>;

/** `GET /v1/groups` */
export const Group = z
  .object({
    address: z.string(),
    name: z.string(),
    senders: GroupSenders,
    /** Members may write as the group. */
    sendAs: z.boolean(),
    members: z.int(),
  })
  .meta({ id: "Group" });
export type Group = z.output<typeof Group>;

/** `GET /v1/groups?limit=&cursor=`: a page, by address. */
export const GroupPage = z.object({ groups: z.array(Group), nextCursor: z.string().nullable() });

/** inside: a person. group: another group. outside: an address of somebody else. */
export const GroupMember = z.object({ address: z.string(), kind: z.enum(["person", "group", "outside"]) });
export type GroupMember = z.output<typeof GroupMember>;

/** `GET /v1/groups/<address>` */
export const GroupDetail = Group.omit({ members: true }).extend({ members: z.array(GroupMember) });
export type GroupDetail = z.output<typeof GroupDetail>;

/** `POST /v1/groups` */
export const NewGroup = z.strictObject({
  address,
  name: z.string().trim().max(200).default(""),
  senders: GroupSenders.default("anyone"),
  sendAs: z.boolean().default(false),
});
export type NewGroup = z.output<typeof NewGroup>;

/** `PATCH /v1/groups/<address>`: what is named changes. */
export const GroupChange = z.strictObject({
  name: z.string().trim().max(200).optional(),
  senders: GroupSenders.optional(),
  sendAs: z.boolean().optional(),
});
export type GroupChange = z.output<typeof GroupChange>;

/** `POST /v1/groups/<address>/members` */
export const NewMembers = z.strictObject({ members: z.array(address).min(1).max(10_000) });

/** An address that mail is forwarded to; `failingSince` (ISO 8601) when it has been refused again and again. */
const ForwardTarget = z.object({
  address: z.string(),
  failures: z.int(),
  failingSince: z.string().nullable(),
  lastReply: z.string().nullable(),
});

/** `GET /v1/forwards`, and `GET /forward` for one's own */
export const Forward = z
  .object({
    address: z.string(),
    targets: z.array(ForwardTarget),
    /** The mailbox has the message too. */
    keepCopy: z.boolean(),
    /** an address, or `operator` */
    setBy: z.string(),
  })
  .meta({ id: "Forward" });
export type Forward = z.output<typeof Forward>;

/** `GET /v1/forwards?limit=&cursor=`: a page, by address. */
export const ForwardPage = z.object({ forwards: z.array(Forward), nextCursor: z.string().nullable() });

/** `PUT /v1/forwards/<address>`, `PUT /forward` */
export const SetForward = z.strictObject({
  targets: z.array(address).min(1).max(20),
  keepCopy: z.boolean().default(true),
});
export type SetForward = z.output<typeof SetForward>;

/** `GET /v1/catch-all` */
export const CatchAll = z.object({ domain: z.string(), target: z.string() });
export type CatchAll = z.output<typeof CatchAll>;

/** `PUT /v1/catch-all/<domain>` */
export const SetCatchAll = z.strictObject({ target: address });
