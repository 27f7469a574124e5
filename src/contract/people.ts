import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";
import { Role } from "./session.ts";
import { Locale, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from "./signup.ts";

const address = z.string().trim().min(3).max(320);
const personName = z.string().trim().min(1).max(200);
const quotaBytes = z.int().min(1_048_576).max(1e13);
/** "" clears it. */
const line = z.string().trim().max(200);

/** invited: nobody has chosen the password yet. disabled: nobody signs in, and mail to it is refused. removed: disabled, and hidden from
 * all lists; it can be restored. */
export const PersonState = z.enum(["active", "invited", "disabled", "removed"]);
export type PersonState = z.output<typeof PersonState>;

/** `GET /v1/people` (people:read): a page of `Person` by address; with `q` alone by the word that was found.
 * `q`: the beginnings of words of name and addresses, in any letter case, with or without accents. A domain admin sees the people of their
 * domains. Removed people are listed only with `state=removed`. */
export const PeopleQuery = PageQuery.extend({
  q: z.string().trim().max(100).optional(),
  domain: z.string().trim().toLowerCase().max(253).optional(),
  state: PersonState.optional(),
  role: Role.optional(),
});
export type PeopleQuery = z.output<typeof PeopleQuery>;

export const Person = z.object({
  id: z.string(),
  /** the own address, first of all */
  address: z.string(),
  name: z.string(),
  /** the further addresses */
  aliases: z.array(z.string()),
  /** a language tag */
  locale: z.string(),
  quotaBytes: z.int(),
  usedBytes: z.int(),
  state: PersonState,
  roles: z.array(Role),
  /** ISO 8601, to the hour; null: never */
  lastSignInAt: z.string().nullable(),
  createdAt: z.string(),
});
export type Person = z.output<typeof Person>;

/** What the address book says of a person. */
export const PersonCard = z.object({
  jobTitle: z.string(),
  unit: z.string(),
  phone: z.string(),
  /** not in the address book */
  isUnlisted: z.boolean(),
});
export type PersonCard = z.output<typeof PersonCard>;

/** `GET /v1/people/{id}` (people:read) */
export const PersonDetail = Person.extend({
  ...PersonCard.shape,
  /** addresses of the groups that the person is in, at first hand */
  groups: z.array(z.string()),
  /** an invitation that can still be used */
  invitation: z.object({ sentTo: z.string().nullable(), expiresAt: z.string() }).nullable(),
  /** how many programs have an own password */
  appPasswords: z.int(),
  /** how many browsers are signed in */
  sessions: z.int(),
});
export type PersonDetail = z.output<typeof PersonDetail>;

export const PeoplePage = pageOf(Person);

/** Roles that can be given with a new person; the others are given on the page of the roles. */
export const NewPersonRole = z.enum(["admin", "help_desk", "auditor"]);
export type NewPersonRole = z.output<typeof NewPersonRole>;

/** How a new person gets in. generate: the answer has a password, once. invite: a link, by mail to `to`, or only in the answer. */
const Access = z.discriminatedUnion("by", [
  z.strictObject({
    by: z.literal("password"),
    password: z.string().min(PASSWORD_MIN_LENGTH).max(PASSWORD_MAX_LENGTH),
  }),
  z.strictObject({ by: z.literal("generate") }),
  z.strictObject({ by: z.literal("invite"), to: address.optional() }),
]);

/** `POST /v1/people` (people:write; with a role roles:write too) → 201 `NewPersonAnswer`; 409 `address_exists`, 404 `domain_unknown` or
 * `address_unknown` (a group). */
export const NewPerson = z.strictObject({
  address,
  name: personName,
  /** absent: that of who asks */
  locale: Locale.optional(),
  quotaBytes: quotaBytes.optional(),
  aliases: z.array(address).max(50).default([]),
  /** addresses of groups */
  groups: z.array(address).max(50).default([]),
  role: NewPersonRole.optional(),
  jobTitle: line.optional(),
  unit: line.optional(),
  phone: line.optional(),
  access: Access,
});
export type NewPerson = z.output<typeof NewPerson>;

/** A link of an invitation; it can't be read again. */
export const InvitationLink = z.object({
  link: z.string(),
  expiresAt: z.string(),
  /** where the letter went; null: nowhere, the link is to be handed over */
  sentTo: z.string().nullable(),
});
export type InvitationLink = z.output<typeof InvitationLink>;

export const NewPersonAnswer = z.object({
  id: z.string(),
  /** canonical */
  address: z.string(),
  /** only when it was generated; it can't be read again */
  password: z.string().nullable(),
  invitation: InvitationLink.nullable(),
});
export type NewPersonAnswer = z.output<typeof NewPersonAnswer>;

/** `PATCH /v1/people/{id}` (people:write) → 200 `PersonDetail`: what is named changes. A new own address keeps the old one as a further
 * address. 409 `last_owner`, `own_account`: nobody switches themselves off. */
export const PersonChange = z
  .strictObject({
    name: personName,
    locale: Locale,
    quotaBytes,
    disabled: z.boolean(),
    address,
    jobTitle: line,
    unit: line,
    phone: line,
    isUnlisted: z.boolean(),
  })
  .partial();
export type PersonChange = z.output<typeof PersonChange>;

/** `DELETE /v1/people/{id}` (people:write) → 204: nobody signs in any more, at once, and the person is hidden. The mail stays under
 * retention. The addresses stay reserved, unless they are released for somebody else. 409 `last_owner`, `own_account`. */
export const RemovePersonQuery = z.object({ releaseAddresses: z.stringbool().default(false) });

/** `POST /v1/people/{id}/restore` (people:write) → 200 `PersonDetail`; 409 `address_exists`: somebody else has the address now. The
 * password is still there; app passwords are not.
 *
 * `POST /v1/people/{id}/password` (people:help) → 200: a new password, which ends all browser sessions. */
export const NewPasswordAnswer = z.object({ password: z.string() });

/** `POST /v1/people/{id}/invitation` (people:help) → 201 `InvitationLink`: a new link; the ones before it are dead. It may be used by
 * somebody who has a password already and forgot it.
 * `DELETE /v1/people/{id}/invitation` (people:help) → 204: the link is dead. */
export const NewInvitation = z.strictObject({ to: address.optional() });

/** `POST /v1/people/{id}/sign-out` (people:help) → 200: browsers and access tokens; app passwords when it is said. */
export const SignOut = z.strictObject({ appPasswords: z.boolean().default(false) });
export const SignOutAnswer = z.object({ sessions: z.int(), tokens: z.int(), appPasswords: z.int() });
export type SignOutAnswer = z.output<typeof SignOutAnswer>;
