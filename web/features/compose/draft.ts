import { z } from "zod";

/** A file that the server holds already. Size in octets. */
export const Attachment = z.object({ blobId: z.string(), name: z.string(), type: z.string(), size: z.int() });
export type Attachment = z.infer<typeof Attachment>;

/** A message that is being written. Recipients are kept as typed: half an address must not get lost either. */
export const Draft = z.object({
  /** of this writing, also across reloads; not the server's id */
  key: z.string(),
  /** the copy in the Drafts folder */
  emailId: z.string().nullable(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  subject: z.string(),
  text: z.string(),
  attachments: z.array(Attachment),
  inReplyTo: z.array(z.string()).nullable(),
  references: z.array(z.string()).nullable(),
  /** the message that this one answers or forwards, and what it is marked with once this one is sent */
  origin: z.object({ emailId: z.string(), keyword: z.enum(["$answered", "$forwarded"]) }).nullable(),
});
export type Draft = z.infer<typeof Draft>;

export function emptyDraft(part: Partial<Draft> = {}): Draft {
  return {
    key: crypto.randomUUID(),
    emailId: null,
    to: [],
    cc: [],
    bcc: [],
    subject: "",
    text: "",
    attachments: [],
    inReplyTo: null,
    references: null,
    origin: null,
    ...part,
  };
}

/** What counts as a change: everything but the ids of the copies. */
export function contentKey(draft: Draft): string {
  return JSON.stringify({ ...draft, key: "", emailId: "" });
}
