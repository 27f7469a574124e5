import type { Jmap } from "../../app/jmap/client.ts";
import { SetResult } from "../../app/jmap/objects.ts";
import { SendRefused } from "./draft-saver.ts";

/** Takes back a message that waits to be sent: it is a draft again.
 * @throws {SendRefused} it has left already   @throws {HttpProblem} @throws {Unreachable} it may be tried again */
export async function takeBack(
  { jmap, draftsId, sentId }: { readonly jmap: Jmap; readonly draftsId: string; readonly sentId: string },
  submissionId: string,
): Promise<void> {
  const result = await jmap.call(
    "EmailSubmission/set",
    {
      update: { [submissionId]: { undoStatus: "canceled" } },
      onSuccessUpdateEmail: {
        [submissionId]: {
          [`mailboxIds/${sentId}`]: null,
          [`mailboxIds/${draftsId}`]: true,
          "keywords/$draft": true,
        },
      },
    },
    SetResult,
  );
  const refused = result.notUpdated?.[submissionId];
  if (refused !== undefined) throw new SendRefused(refused);
}
