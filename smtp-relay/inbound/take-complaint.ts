import type { BlobSource } from "../../src/blob/index.ts";
import { isFeedbackAddress, type Outbound, takeFeedback } from "../../src/outbound/index.ts";
import type { Log } from "../../src/kernel/ports.ts";

/** Complaints are small; what is larger is read by people. */
const REPORT_MAX = 1 << 20;

/** Looks whether a message to abuse@ or fbl@ is another system's complaint about mail from here (RFC 5965), and takes it. The message
 * itself goes on to its mailbox in any case. @throws {MailError} unavailable: its sender tries again, and nothing counts twice */
export async function takeComplaint(
  { outbound, log }: { readonly outbound: Outbound; readonly log: Log },
  recipients: readonly string[],
  content: BlobSource,
): Promise<void> {
  if (!recipients.some(isFeedbackAddress) || content.size > REPORT_MAX) return;
  const message = new Uint8Array(content.size);
  let at = 0;
  for await (const chunk of content.chunks()) {
    message.set(chunk, at);
    at += chunk.length;
  }
  const outcome = await takeFeedback(outbound, message);
  if (outcome !== "no_report") log.info("complaint", { outcome });
}
