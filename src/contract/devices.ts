import { z } from "zod";

/** What a program speaks with the server. */
const DeviceProtocol = z.enum(["imap", "pop3", "smtp", "jmap"]);

/** What is entered into a program that does not find it by itself.
 * tls: TLS from the first octet (RFC 8314); starttls: STARTTLS, and never without it. */
export const ClientSetting = z.object({
  protocol: DeviceProtocol,
  host: z.string(),
  port: z.int(),
  security: z.enum(["tls", "starttls"]),
  userName: z.string(),
  /** jmap: where its session document is; null for the others */
  url: z.string().nullable(),
});
export type ClientSetting = z.output<typeof ClientSetting>;

export const DeviceKind = z.enum(["iphone", "android", "thunderbird", "outlook", "apple-mail", "other"]);
export type DeviceKind = z.output<typeof DeviceKind>;

/** A phone or program that has a password of its own. */
export const Device = z.object({
  id: z.uuid(),
  label: z.string(),
  /** null: it was made by the command line */
  kind: DeviceKind.nullable(),
  protocols: z.array(z.string()),
  createdAt: z.iso.datetime(),
  /** to the hour; null: never */
  lastUsedAt: z.iso.datetime().nullable(),
});
export type Device = z.output<typeof Device>;

/** `GET /v1/me/devices`: one's own settings, the preferred one of each protocol first, and one's own devices, the newest first;
 * there are 50 at most. */
export const Devices = z.object({
  address: z.string(),
  /** A program asks for the address alone and finds the rest: our names for that are reachable. */
  findsItself: z.boolean(),
  settings: z.array(ClientSetting),
  devices: z.array(Device),
});
export type Devices = z.output<typeof Devices>;

/** `POST /v1/me/devices` */
export const NewDevice = z.strictObject({
  label: z.string().trim().min(1).max(100),
  kind: DeviceKind,
});
export type NewDevice = z.output<typeof NewDevice>;

/** Its answer (201): `password` is shown this once. `profile` (iphone and apple-mail only; else null) is where a configuration with
 * the password in it is fetched, once, without a sign-in: `GET /devices/<token>.mobileconfig`; draw it as a QR code. 404 after that. */
export const AddedDevice = z.object({
  device: Device,
  password: z.string(),
  profile: z.object({ url: z.string(), expiresAt: z.iso.datetime() }).nullable(),
  settings: z.array(ClientSetting),
});
export type AddedDevice = z.output<typeof AddedDevice>;

// `DELETE /v1/me/devices/{id}`: 204; its password is good for nothing from now on. 404: no such device of one's own.
