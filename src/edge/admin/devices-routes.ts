import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AddedDevice, type ClientSetting, type Device, Devices, NewDevice } from "../../contract/devices.ts";
import { MailError } from "../../kernel/error.ts";
import { clientServers } from "../../protocol/autoconfig/index.ts";
import { addDevice, devicesOf, removeDevice, type StoredDevice } from "../../tenants/index.ts";
import { clientHosts } from "../autoconfig/client-hosts.ts";
import type { EdgeDeps } from "../deps.ts";
import { personOf } from "./access.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";

const tags = ["Devices"];

const time = (ms: number): string => new Date(ms).toISOString();

const shown = ({ id, label, kind, scopes, createdAt, lastUsedAt }: StoredDevice): Device => ({
  id,
  label,
  kind,
  protocols: [...scopes],
  createdAt: time(createdAt),
  lastUsedAt: lastUsedAt === null ? null : time(lastUsedAt),
});

/** `/v1/me/devices`: one's own phones and desktop programs, each with a password of its own. */
export const devicesRoutes = (deps: EdgeDeps) => {
  const { tenancy } = deps;
  const settingsOf = (c: Context, userName: string): ClientSetting[] => {
    const hosts = clientHosts(deps, c);
    const { hostname, port, protocol } = new URL(hosts.webUrl);
    const url = `${hosts.webUrl}/jmap/session`;
    const jmap = { protocol: "jmap", host: hostname, security: "tls", userName, url } as const;
    return [
      ...clientServers(hosts).map((one) => ({ ...one, userName, url: null })),
      // JMAP is for HTTPS alone (RFC 8620 §1.7).
      ...(protocol === "https:" ? [{ ...jmap, port: port === "" ? 443 : Number(port) }] : []),
    ];
  };
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listDevices",
        summary: "Lists one's own devices, and the settings for another one",
        ...needs("self"),
        responses: { 200: json(Devices, "One's own, the newest first") },
      }),
      async (c) => {
        const principal = personOf(c);
        const devices = (await devicesOf(tenancy, principal)).map(shown);
        const { address } = principal;
        const findsItself = new URL(clientHosts(deps, c).webUrl).protocol === "https:";
        return c.json({ address, findsItself, settings: settingsOf(c, address), devices }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addDevice",
        summary: "Makes a password for one device; it is shown once",
        ...needs("self"),
        request: jsonBody(NewDevice),
        responses: { 201: json(AddedDevice, "The device, with its password"), ...problems(400, 409) },
      }),
      async (c) => {
        const principal = personOf(c);
        const { device, password, profile } = await addDevice(tenancy, principal, c.req.valid("json"));
        const { webUrl } = clientHosts(deps, c);
        const link = profile && {
          url: `${webUrl}/devices/${profile.token}.mobileconfig`,
          expiresAt: time(profile.expiresAt),
        };
        const settings = settingsOf(c, principal.address);
        return c.json({ device: shown(device), password, profile: link, settings }, 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        operationId: "removeDevice",
        summary: "Ends a device: its password is good for nothing from now on",
        ...needs("self"),
        request: inPath("id"),
        responses: { 204: nothing("It is gone"), ...problems(404) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        if (!isUuid(id)) throw new MailError("device_unknown", { id });
        await removeDevice(tenancy, personOf(c), id);
        return c.body(null, 204);
      },
    );
};
