import { useCallback } from "react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { isSignedOut } from "../../app/http.ts";
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
      await signOut();
    } catch (error) {
      if (!isSignedOut(error)) {
        toast({ message: explain(t, error), kind: "failure" });
        return;
      }
    }
    await navigate({ to: "/sign-in", replace: true });
  }, [navigate, t]);
}
