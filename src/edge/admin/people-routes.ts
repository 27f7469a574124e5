import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  InvitationLink,
  NewInvitation,
  NewPasswordAnswer,
  NewPerson,
  NewPersonAnswer,
  PeoplePage,
  PeopleQuery,
  Person,
  PersonChange,
  PersonDetail,
  RemovePersonQuery,
  SignOut,
  SignOutAnswer,
} from "../../contract/people.ts";
import {
  addPerson,
  changePerson,
  findPeople,
  inviteAgain,
  readPerson,
  removePerson,
  renewPassword,
  restorePerson,
  signOutPerson,
  withdrawInvitation,
} from "../../people/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor } from "./cursor.ts";
import { inPath, json, jsonBody, maybeBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { peopleChangerOf } from "./people-changer.ts";

const tags = ["People"];
/** The text that a list is ordered by, and an id. */
export const TextAndIdKey = z.tuple([
  z
    .string()
    .max(400)
    .regex(/^[^\0]*$/),
  z.uuid(),
]);

/** `/v1/people`: who has a mailbox. */
export const peopleRoutes = (deps: EdgeDeps) => {
  const { store, tenancy } = deps;
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listPeople",
        summary: "Lists people, or finds them by words of name and address",
        ...needs("people:read"),
        request: { query: PeopleQuery },
        responses: { 200: json(PeoplePage, "A page of people"), ...problems(400) },
      }),
      async (c) => {
        const query = c.req.valid("query");
        const after = readCursor(query.cursor, TextAndIdKey);
        const rows = await findPeople(store.db, peopleChangerOf(c), query, after);
        const page = pageAfter(rows, query.limit, (row) => [row.key, row.id]);
        return c.json({ ...page, items: page.items.map((row) => Person.parse(row)) }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addPerson",
        summary: "Makes a person with a mailbox",
        ...needs("people:write"),
        request: jsonBody(NewPerson),
        responses: {
          201: json(NewPersonAnswer, "The password or the link in it can't be read again"),
          ...problems(400, 404, 409),
        },
      }),
      async (c) => c.json(await addPerson(deps.outbound, peopleChangerOf(c), c.req.valid("json")), 201),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readPerson",
        summary: "Shows a person",
        ...needs("people:read"),
        request: inPath("id"),
        responses: { 200: json(PersonDetail, "The person"), ...problems(404) },
      }),
      async (c) => c.json(await readPerson(tenancy, peopleChangerOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/{id}",
        tags,
        operationId: "changePerson",
        summary: "Changes what is named of a person; switches them off or on",
        ...needs("people:write"),
        request: { ...inPath("id"), ...jsonBody(PersonChange) },
        responses: { 200: json(PersonDetail, "The person as they are now"), ...problems(400, 404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await changePerson(tenancy, peopleChangerOf(c), id, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        operationId: "removePerson",
        summary: "Switches a person off and hides them; their mail stays",
        ...needs("people:write"),
        request: { ...inPath("id"), query: RemovePersonQuery },
        responses: { 204: nothing("They are hidden"), ...problems(404, 409) },
      }),
      async (c) => {
        const { releaseAddresses } = c.req.valid("query");
        await removePerson(tenancy, peopleChangerOf(c), c.req.valid("param").id, releaseAddresses);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/restore",
        tags,
        operationId: "restorePerson",
        summary: "Brings a hidden person back",
        ...needs("people:write"),
        request: inPath("id"),
        responses: { 200: json(PersonDetail, "The person"), ...problems(404, 409) },
      }),
      async (c) => c.json(await restorePerson(tenancy, peopleChangerOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/password",
        tags,
        operationId: "renewPassword",
        summary: "Makes a new password, which ends all browser sessions",
        ...needs("people:help"),
        request: inPath("id"),
        responses: { 200: json(NewPasswordAnswer, "It can't be read again"), ...problems(404) },
      }),
      async (c) => {
        const password = await renewPassword(tenancy, peopleChangerOf(c), c.req.valid("param").id);
        return c.json({ password }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/invitation",
        tags,
        operationId: "invitePerson",
        summary: "Makes a new link by which a person chooses their password",
        ...needs("people:help"),
        request: { ...inPath("id"), ...maybeBody(NewInvitation) },
        responses: { 201: json(InvitationLink, "It can't be read again"), ...problems(400, 404) },
      }),
      async (c) => {
        const { to } = NewInvitation.parse(c.req.valid("json"));
        const { id } = c.req.valid("param");
        return c.json(await inviteAgain(deps.outbound, peopleChangerOf(c), id, to), 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}/invitation",
        tags,
        operationId: "withdrawInvitation",
        summary: "Makes the link of an invitation dead",
        ...needs("people:help"),
        request: inPath("id"),
        responses: { 204: nothing("There is none any more"), ...problems(404) },
      }),
      async (c) => {
        await withdrawInvitation(deps.outbound, peopleChangerOf(c), c.req.valid("param").id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/sign-out",
        tags,
        operationId: "signOutPerson",
        summary: "Signs a person out of all browsers and programs",
        ...needs("people:help"),
        request: { ...inPath("id"), ...maybeBody(SignOut) },
        responses: { 200: json(SignOutAnswer, "What ended"), ...problems(400, 404) },
      }),
      async (c) => {
        const how = SignOut.parse(c.req.valid("json"));
        return c.json(await signOutPerson(tenancy, peopleChangerOf(c), c.req.valid("param").id, how), 200);
      },
    );
};
