import type { CommandName } from "../../../src/protocol/imap/index.ts";
import type { CommandSpec } from "../completion.ts";
import { deleteAcl, getAcl, listRights, myRights, setAcl } from "./acl.ts";
import { append, replace } from "./append.ts";
import { authenticate } from "./authenticate.ts";
import { capability } from "./capability.ts";
import { check } from "./check.ts";
import { close, unselect } from "./close.ts";
import { compress } from "./compress.ts";
import { copy, move } from "./copy.ts";
import { create } from "./create.ts";
import { deleteCommand } from "./delete.ts";
import { enable } from "./enable.ts";
import { expunge, uidExpunge } from "./expunge.ts";
import { fetch } from "./fetch.ts";
import { id } from "./id.ts";
import { idle } from "./idle.ts";
import { getJmapAccess } from "./jmap-access.ts";
import { list, lsub } from "./list.ts";
import { login } from "./login.ts";
import { logout } from "./logout.ts";
import { getMetadata, setMetadata } from "./metadata.ts";
import { namespace } from "./namespace.ts";
import { noop } from "./noop.ts";
import { getQuota, getQuotaRoot, setQuota } from "./quota.ts";
import { notify } from "./notify.ts";
import { rename } from "./rename.ts";
import { search } from "./search.ts";
import { examine, select } from "./select.ts";
import { sort } from "./sort.ts";
import { starttls } from "./starttls.ts";
import { status } from "./status.ts";
import { store } from "./store.ts";
import { subscribe, unsubscribe } from "./subscribe.ts";
import { thread } from "./thread.ts";

/** Every command there is. A new one is a grammar in `src/protocol/imap`, a file here, and its line in this table. */
export const COMMANDS: { readonly [N in CommandName]: CommandSpec<N> } = {
  APPEND: append,
  AUTHENTICATE: authenticate,
  CAPABILITY: capability,
  CHECK: check,
  CLOSE: close,
  COMPRESS: compress,
  COPY: copy,
  CREATE: create,
  DELETE: deleteCommand,
  DELETEACL: deleteAcl,
  ENABLE: enable,
  EXAMINE: examine,
  EXPUNGE: expunge,
  FETCH: fetch,
  GETJMAPACCESS: getJmapAccess,
  GETMETADATA: getMetadata,
  GETQUOTA: getQuota,
  GETQUOTAROOT: getQuotaRoot,
  GETACL: getAcl,
  ID: id,
  IDLE: idle,
  LIST: list,
  LISTRIGHTS: listRights,
  LOGIN: login,
  LOGOUT: logout,
  LSUB: lsub,
  MOVE: move,
  NAMESPACE: namespace,
  NOOP: noop,
  MYRIGHTS: myRights,
  NOTIFY: notify,
  RENAME: rename,
  REPLACE: replace,
  SEARCH: search,
  SELECT: select,
  SETMETADATA: setMetadata,
  SETQUOTA: setQuota,
  SORT: sort,
  STARTTLS: starttls,
  SETACL: setAcl,
  STATUS: status,
  STORE: store,
  SUBSCRIBE: subscribe,
  THREAD: thread,
  "UID EXPUNGE": uidExpunge,
  UNSELECT: unselect,
  UNSUBSCRIBE: unsubscribe,
};
