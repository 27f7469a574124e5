import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toast } from "../../ui/toast.tsx";
import { explainAdmin } from "./explain-admin.ts";

interface Doing {
  readonly isBusy: boolean;
  /** @param done what is said when it is done @returns whether it went well; if not, it was said why */
  readonly run: (work: () => Promise<unknown>, done?: string) => Promise<boolean>;
}

/** Does something that a button asks for, and says what came of it. */
export function useDoing(): Doing {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  return {
    isBusy,
    async run(work, done) {
      setBusy(true);
      try {
        await work();
        if (done !== undefined) toast({ message: done });
        return true;
      } catch (error) {
        toast({ message: explainAdmin(t, error), kind: "failure" });
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
