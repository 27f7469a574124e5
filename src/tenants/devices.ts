import type { DeviceKind } from "../contract/devices.ts";
import { MailError } from "../kernel/error.ts";
import { type AccountId, TenantId } from "../kernel/id.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";
import { insertAudit } from "./audit.store.ts";
import { insertAppPassword, type Scope } from "./credential.store.ts";
import {
  deleteDevice,
  insertProfile,
  listDevices,
  setDeviceKind,
  type StoredDevice,
  takeProfile,
} from "./device.store.ts";
import { newScramVerifier } from "./scram-verifier.ts";
import type { Principal, Tenancy } from "./tenancy.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Devices of one person; the page shows all of them. */
const DEVICES_MAX = 50;
/** As long as it takes to point a telephone at a screen, and not much longer. */
const PROFILE_MS = 15 * 60_000;
/** 260 bits, of which each guess is a request. */
const SECRET_LETTERS = 52;
const NONCE_OCTETS = 12;

/** Each program gets all that programs of its kind speak. */
const SCOPES: Readonly<Record<DeviceKind, readonly Scope[]>> = {
  iphone: ["imap", "smtp"],
  "apple-mail": ["imap", "smtp"],
  android: ["imap", "pop3", "smtp", "jmap"],
  thunderbird: ["imap", "pop3", "smtp"],
  outlook: ["imap", "pop3", "smtp"],
  other: ["imap", "pop3", "smtp", "jmap"],
};

/** These take a configuration whole, by a link. */
const TAKES_PROFILE: ReadonlySet<DeviceKind> = new Set(["iphone", "apple-mail"]);

/** One's own devices, the newest first. @throws {MailError} unavailable */
export function devicesOf(tenancy: Tenancy, { tenantId, accountId }: Principal): Promise<StoredDevice[]> {
  return tenancy.db.tenant(tenantId, (tx) => listDevices(tx, accountId, DEVICES_MAX));
}

export interface AddedDevice {
  readonly device: StoredDevice;
  /** It can't be read again. */
  readonly password: string;
  /** for a device that takes its configuration by a link */
  readonly profile: { readonly token: string; readonly expiresAt: number } | null;
}

/** Makes a password for one device of one's own. @throws {MailError} devices_too_many, unavailable */
export async function addDevice(
  tenancy: Tenancy,
  { tenantId, accountId, address }: Principal,
  { label, kind }: { readonly label: string; readonly kind: DeviceKind },
): Promise<AddedDevice> {
  const { db, passwords, clock } = tenancy;
  const now = clock();
  const { password, verifier } = await passwords.newAppPassword();
  const scram = await newScramVerifier(tenancy, tenantId, accountId, password);
  const link = TAKES_PROFILE.has(kind) ? await newLink(tenancy, tenantId, password) : null;
  const scopes = SCOPES[kind];
  const id = await db.tenant(tenantId, async (tx) => {
    if ((await listDevices(tx, accountId, DEVICES_MAX)).length >= DEVICES_MAX)
      throw new MailError("devices_too_many");
    const added = await insertAppPassword(tx, accountId, { verifier, scopes, label, scram });
    await setDeviceKind(tx, accountId, added, kind);
    if (link !== null)
      await insertProfile(
        tx,
        {
          tokenHash: link.tokenHash,
          accountId,
          credentialId: added,
          sealedPassword: link.sealed,
          expiresAt: now + PROFILE_MS,
        },
        now,
      );
    await insertAudit(tx, {
      actor: address,
      action: "device.add",
      subject: address,
      detail: { label, kind },
    });
    return added;
  });
  const device = { id, label, kind, scopes, createdAt: now, lastUsedAt: null };
  return { device, password, profile: link && { token: link.token, expiresAt: now + PROFILE_MS } };
}

/** Ends a device of one's own: its password is good for nothing any more. @throws {MailError} device_unknown, unavailable */
export async function removeDevice(
  tenancy: Tenancy,
  { tenantId, accountId, address }: Principal,
  id: string,
): Promise<void> {
  await tenancy.db.tenant(tenantId, async (tx) => {
    const label = await deleteDevice(tx, accountId, id);
    if (label === undefined) throw new MailError("device_unknown", { id });
    await insertAudit(tx, { actor: address, action: "device.remove", subject: address, detail: { label } });
  });
}

/** What a link leads to, for the one who comes first. */
export interface DeviceProfile {
  readonly address: string;
  readonly name: string;
  readonly locale: string;
  readonly password: string;
  readonly credentialId: string;
  readonly accountId: AccountId;
}

/** Opens the link of a device; it is good for one time. @throws {MailError} link_invalid, unavailable */
export async function openProfile(tenancy: Tenancy, token: string): Promise<DeviceProfile> {
  const [tenant = "", secret = "", rest] = token.split(".");
  const uuid = base32ToUuid(tenant);
  if (uuid === null || secret.length !== SECRET_LETTERS || rest !== undefined)
    throw new MailError("link_invalid");
  const tokenHash = await digest("find", secret);
  const now = tenancy.clock();
  const taken = await tenancy.db.tenant(TenantId.parse(uuid), async (tx) => {
    const found = await takeProfile(tx, tokenHash, now);
    if (found !== undefined)
      await insertAudit(tx, { actor: found.address, action: "device.profile", subject: found.address });
    return found;
  });
  if (taken === undefined) throw new MailError("link_invalid");
  const { sealedPassword, ...profile } = taken;
  return { ...profile, password: await unseal(secret, sealedPassword) };
}

async function newLink(
  { random }: Tenancy,
  tenantId: TenantId,
  password: string,
): Promise<{ readonly token: string; readonly tokenHash: Bytes; readonly sealed: Bytes }> {
  const letters = "abcdefghijklmnopqrstuvwxyz234567";
  const secret = [...random(SECRET_LETTERS)].map((octet) => letters[octet & 31] ?? "").join("");
  const iv = random(NONCE_OCTETS);
  const text = new TextEncoder().encode(password);
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(secret, "encrypt"), text),
  );
  const whole = new Uint8Array(iv.length + sealed.length);
  whole.set(iv);
  whole.set(sealed, iv.length);
  return {
    token: `${uuidToBase32(tenantId)}.${secret}`,
    tokenHash: await digest("find", secret),
    sealed: whole,
  };
}

async function unseal(secret: string, sealed: Uint8Array): Promise<string> {
  const octets = Uint8Array.from(sealed);
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: octets.subarray(0, NONCE_OCTETS) },
    await keyOf(secret, "decrypt"),
    octets.subarray(NONCE_OCTETS),
  );
  return new TextDecoder().decode(plain);
}

/** What the secret is found by says nothing about what it opens. */
async function digest(use: "find" | "open", secret: string): Promise<Bytes> {
  const text = new TextEncoder().encode(`device profile ${use}\0${secret}`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", text));
}

async function keyOf(secret: string, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", await digest("open", secret), "AES-GCM", false, [use]);
}
