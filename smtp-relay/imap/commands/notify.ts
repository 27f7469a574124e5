import { NOTIFY_EVENTS } from "../../../src/protocol/imap/index.ts";
import { beginWatch } from "../begin-watch.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { tellStatus } from "../tell-account.ts";

/** RFC 5465 §3. What is asked for replaces what was; without it, the session is one like any other. */
export const notify: CommandSpec<"NOTIFY"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { request }) {
    if (request !== undefined && request.unknown.length > 0) {
      return no("there are no such events here", `BADEVENT (${NOTIFY_EVENTS.join(" ")})`);
    }
    const watch = await beginWatch(session, request?.groups ?? []);
    if (request?.status === true && watch !== undefined) await tellStatus(session, watch);
    return ok(request === undefined ? "nothing more" : "you will hear of it");
  },
};
