import { useCallback } from "react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { signOut } from "../../app/session.ts";
import { toast } from "../../ui/toast.tsx";
import { saveOpenDraft } from "../compose/compose-store.ts";

/** Signs out, after what is being written is safe on the server. */
export function useLeave(): () => Promise<void> {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return useCallback(async () => {
    if (!(await saveOpenDraft())) {
      toast({ message: t("account.unsaved"), kind: "failure" });
      return;
    }
    try {
      await signOut(() => navigate({ to: "/sign-in", replace: true }));
    } catch (error) {
      toast({ message: explain(t, error), kind: "failure" });
    }
  }, [navigate, t]);
}
