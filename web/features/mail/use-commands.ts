import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { confirm } from "../../ui/confirm.tsx";
import type { Folder, Role } from "./folders.ts";
import { allIdsIn } from "./mail-data.ts";
import { useMail } from "./mail-context.tsx";

type Command = (ids: readonly string[]) => void;

/** What buttons, menus and keys do with messages in one folder. undefined: makes no sense there. */
export interface Commands {
  readonly archive: Command | undefined;
  readonly junk: Command | undefined;
  readonly remove: Command;
  readonly markRead: Command;
  readonly markUnread: Command;
  readonly emptyTrash: (() => void) | undefined;
  star(ids: readonly string[], on: boolean): void;
  moveTo(ids: readonly string[], folder: Folder): void;
}

/** @param onGone messages are about to leave the list, so that another one can be shown */
export function useCommands(current: Folder | undefined, onGone: (ids: readonly string[]) => void): Commands {
  const { jmap, folders, actions } = useMail();
  const { t } = useTranslation();
  return useMemo(() => {
    const byRole = (role: Role): Folder | undefined => folders.find((folder) => folder.role === role);
    const role = current?.role ?? null;

    function moveTo(ids: readonly string[], folder: Folder): void {
      if (folder === current) return;
      onGone(ids);
      actions.move(ids, folder);
    }
    function mover(target: Role): Command | undefined {
      const folder = byRole(target);
      return folder === undefined || role === target || role === "drafts"
        ? undefined
        : (ids) => {
            moveTo(ids, folder);
          };
    }
    async function destroy(ids: readonly string[]): Promise<void> {
      if (!(await confirm(t("action.destroyAsk", { count: ids.length }), t("action.destroy"), "danger")))
        return;
      onGone(ids);
      await actions.destroy(ids);
    }
    const trash = byRole("trash");
    return {
      archive: mover("archive"),
      junk: role === "sent" ? undefined : mover("junk"),
      remove(ids) {
        if (trash === undefined || role === "trash") void destroy(ids);
        else moveTo(ids, trash);
      },
      markRead(ids) {
        actions.setKeyword(ids, "$seen", true);
      },
      markUnread(ids) {
        actions.setKeyword(ids, "$seen", false);
      },
      star(ids, on) {
        actions.setKeyword(ids, "$flagged", on);
      },
      moveTo,
      emptyTrash:
        current === undefined || role !== "trash"
          ? undefined
          : () => {
              void allIdsIn(jmap, current.mailbox.id).then(destroy);
            },
    };
  }, [jmap, folders, actions, current, onGone, t]);
}
