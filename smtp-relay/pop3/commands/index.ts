import type { CommandName } from "../../../src/protocol/pop3/index.ts";
import type { CommandSpec } from "../reply.ts";
import { auth } from "./auth.ts";
import { dele, rset } from "./dele.ts";
import { list } from "./list.ts";
import { quit } from "./quit.ts";
import { retr, top } from "./retr.ts";
import { capa, noop, stls, utf8 } from "./session-commands.ts";
import { stat } from "./stat.ts";
import { uidl } from "./uidl.ts";
import { pass, user } from "./user.ts";

/** Every command there is. A new one is a grammar in `src/protocol/pop3`, a file here, and its line in this table. */
export const COMMANDS: { readonly [N in CommandName]: CommandSpec<N> } = {
  AUTH: auth,
  CAPA: capa,
  DELE: dele,
  LIST: list,
  NOOP: noop,
  PASS: pass,
  QUIT: quit,
  RETR: retr,
  RSET: rset,
  STAT: stat,
  STLS: stls,
  TOP: top,
  UIDL: uidl,
  USER: user,
  UTF8: utf8,
};
