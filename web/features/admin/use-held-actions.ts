import { useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { confirm } from "../../ui/confirm.tsx";
import { toast } from "../../ui/toast.tsx";
import { decideHeld } from "./admin-data.ts";

interface HeldActions {
  readonly busy: boolean;
  readonly decide: (action: "release" | "delete", ids: readonly string[], danger?: boolean) => Promise<void>;
}

/** Decides about held messages, and says what came of it; asks before something can't be taken back. */
export function useHeldActions(): HeldActions {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return {
    busy,
    async decide(action, ids, danger = false) {
      const count = ids.length;
      if (action === "delete") {
        if (
          !(await confirm(t("admin.quarantine.deleteAsk", { count }), t("admin.quarantine.delete"), "danger"))
        )
          return;
      } else if (danger) {
        if (!(await confirm(t("admin.quarantine.dangerAsk"), t("admin.quarantine.release"), "danger")))
          return;
      }
      setBusy(true);
      try {
        const { done, failed } = await decideHeld(action, ids);
        const message = t(`admin.quarantine.done.${action}`, { count: done });
        toast({
          message: failed === 0 ? message : `${message} ${t("admin.quarantine.failed", { count: failed })}`,
          kind: failed === 0 ? "info" : "failure",
        });
      } catch (error) {
        toast({ message: explain(t, error), kind: "failure" });
      } finally {
        setBusy(false);
      }
    },
  };
}
