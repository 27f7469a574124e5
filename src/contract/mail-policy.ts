import { z } from "zod";

/** File name endings that carry programs; people get them by mail from attackers almost only. */
export const DANGEROUS_ENDINGS: readonly string[] = [
  ..."ade adp apk appx bat cab chm cmd com cpl dll exe hta ins iso jar js jse lib lnk mde msc msi msp mst".split(
    " ",
  ),
  ..."nsh pif ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh xll".split(" "),
];

const ending = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9]{1,20}$/);

/** What an agency wants done with the mail that comes in. All of it has a default; a stored policy holds only what differs. */
export const MailPolicy = z.strictObject({
  /** Senders that nobody knows, and that no SPF record vouches for, are asked to come again. */
  greylisting: z.boolean().default(true),
  /** A scanner that is set up does not answer: let the sender come again, or take the message marked as unscanned. */
  scannerDown: z.enum(["defer", "accept_marked"]).default("defer"),
  spam: z
    .strictObject({
      /** Scores of Rspamd from which a message goes to Junk, into quarantine, or is refused; null: never. */
      junkAt: z.number().min(0).max(1000).default(6),
      quarantineAt: z.number().min(0).max(1000).nullable().default(12),
      rejectAt: z.number().min(0).max(1000).nullable().default(20),
    })
    .prefault({}),
  /** honour: do what the sender's domain asks for (quarantine: Junk, reject: refuse). mark: only say so in the header. */
  dmarc: z.enum(["honour", "mark"]).default("honour"),
  virus: z.enum(["reject", "quarantine"]).default("reject"),
  attachments: z
    .strictObject({
      /** Endings that are refused, in archives too; what a file is, is told by its content as well. */
      blocked: z
        .array(ending)
        .max(200)
        .default([...DANGEROUS_ENDINGS]),
      action: z.enum(["reject", "quarantine"]).default("quarantine"),
      /** Archives with a password can't be looked into. */
      encryptedArchives: z.enum(["allow", "quarantine"]).default("allow"),
    })
    .prefault({}),
  /** People may make their mail go on to other addresses by themselves; administrators may in any case. */
  userForwards: z.boolean().default(true),
  /** How often people hear of what waits in quarantine for them. */
  digest: z.enum(["daily", "hourly", "never"]).default("daily"),
});
export type MailPolicy = z.output<typeof MailPolicy>;
/** What is stored, and sent to be stored: only what differs. */
export type MailPolicyInput = z.input<typeof MailPolicy>;
