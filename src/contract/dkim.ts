import { z } from "zod";

/** A record of the DNS, as it is entered: names without a dot at the end. */
export const DnsRecord = z.object({
  name: z.string(),
  type: z.enum(["TXT", "CNAME", "MX"]),
  value: z.string(),
});
export type DnsRecord = z.output<typeof DnsRecord>;

const time = z.iso.datetime().nullable();

/** published: the next key, it waits until the world can see it. active: it signs. retired: it only verifies what is on its way.
 * revoked: it is no more, and its selector is free for the next. */
const DkimKeyState = z.enum(["published", "active", "retired", "revoked"]);

export const DkimKeyStatus = z.object({
  selector: z.string(),
  algorithm: z.enum(["rsa", "ed25519"]),
  state: DkimKeyState,
  publishedAt: time,
  activatedAt: time,
  retiredAt: time,
  revokedAt: time,
  /** when the DNS was last asked for it, and whether it gave this key */
  lookedAt: time,
  seen: z.boolean(),
  /** It takes over as soon as the DNS shows it, and the key before it is revoked then. */
  urgent: z.boolean(),
});
export type DkimKeyStatus = z.output<typeof DkimKeyStatus>;

/** `POST /v1/domains/{domain}/dkim/rotate`: the keys may be in other hands, so the next ones take over as soon as the DNS shows them.
 * unseen: they do so at once, and until the DNS shows them the mail of the domain does not verify. */
export const RotateDkimNow = z.strictObject({ unseen: z.boolean().default(false) });

/** `GET /v1/domains/{domain}/dkim`: how the mail of a domain is signed, and what its DNS must say. */
export const DkimStatus = z.object({
  domain: z.string(),
  /** not_proven: the domain must be proven first. not_visible: the records are missing in the DNS or say something else: mail goes unsigned, or
   * goes on with the old key. ok: mail is signed. waiting: nobody has looked yet. */
  status: z.enum(["ok", "waiting", "not_visible", "not_proven"]),
  /** To be entered once; empty when the domain lies in our own zone. */
  records: z.array(DnsRecord),
  /** What a domain should say beside that: DMARC, TLS reports, and that reports may be sent to us. */
  recommended: z.array(DnsRecord),
  keys: z.array(DkimKeyStatus),
});
export type DkimStatus = z.output<typeof DkimStatus>;
