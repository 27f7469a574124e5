import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { QueueAction } from "../../../src/contract/queue.ts";
import { explain } from "../../app/explain.ts";
import { confirm } from "../../ui/confirm.tsx";
import { toast } from "../../ui/toast.tsx";
import { changeQueue } from "./admin-data.ts";

interface QueueActions {
  readonly busy: boolean;
  /** @returns whether something was done */
  readonly act: (action: QueueAction) => Promise<boolean>;
}

/** Does something with entries of the queue, and says what came of it; asks before mail is dropped. */
export function useQueueActions(): QueueActions {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    async act(action) {
      if (action.action === "drop") {
        const count = "ids" in action.choice ? action.choice.ids.length : 2;
        const question = t(action.bounce ? "admin.queue.dropAsk" : "admin.queue.dropSilentAsk", { count });
        if (!(await confirm(question, t("admin.queue.drop"), "danger"))) return false;
      }
      setBusy(true);
      try {
        const { done, skipped } = await changeQueue(action);
        const message = t(`admin.queue.done.${action.action}`, { count: done });
        toast({
          message: skipped === 0 ? message : `${message} ${t("admin.queue.skipped", { count: skipped })}`,
          kind: done === 0 ? "failure" : "info",
        });
        return done > 0;
      } catch (error) {
        toast({ message: explain(t, error), kind: "failure" });
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
