import { useState } from "react";
import { Button } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import { reference } from "../../app/jmap/batch.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import { getResult, QueryResult } from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import { formatFull } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { explainRefusal } from "./explain-refusal.ts";
import { takeBack } from "./take-back.ts";

const Submission = z.object({ id: z.string(), sendAt: z.string(), undoStatus: z.string() });

/** The submission of a message that has not left yet; null: it has. */
function waitingQuery(jmap: Jmap, emailId: string) {
  return queryOptions({
    queryKey: ["waiting", emailId],
    staleTime: 5_000,
    queryFn: async ({ signal }) => {
      const batch = jmap.batch();
      const query = batch.add(
        "EmailSubmission/query",
        { filter: { emailIds: [emailId], undoStatus: "pending" }, limit: 1 },
        QueryResult,
      );
      const get = batch.add(
        "EmailSubmission/get",
        { "#ids": reference(query, "/ids"), properties: ["sendAt", "undoStatus"] },
        getResult(Submission),
      );
      return (await jmap.send(batch, signal)).of(get).list[0] ?? null;
    },
  });
}

export interface WaitingNoticeProps {
  readonly jmap: Jmap;
  readonly emailId: string;
  readonly draftsId: string;
  readonly sentId: string;
  readonly className: string;
  /** It is a draft again. */
  readonly onTakenBack: () => void;
}

/** Says of a sent message that it waits for its time, and takes it back. */
export function WaitingNotice(props: WaitingNoticeProps): React.ReactNode {
  const { jmap, emailId, className, onTakenBack } = props;
  const { t, i18n } = useTranslation();
  const { data: waiting } = useQuery(waitingQuery(jmap, emailId));
  const [busy, setBusy] = useState(false);
  if (waiting === null || waiting === undefined) return null;
  async function undo(submissionId: string): Promise<void> {
    setBusy(true);
    try {
      await takeBack(props, submissionId);
      toast({ message: t("compose.takenBack") });
      onTakenBack();
    } catch (error) {
      toast({ message: explainRefusal(t, error), kind: "failure" });
    } finally {
      setBusy(false);
      void queryClient.invalidateQueries({ queryKey: ["waiting", emailId] });
    }
  }
  const isLate = Date.parse(waiting.sendAt) <= Date.now();
  return (
    <div className={className}>
      <p>
        {isLate
          ? t("compose.waitingForAdmin")
          : t("compose.waiting", { time: formatFull(waiting.sendAt, i18n.language) })}
      </p>
      <Button variant="default" loading={busy} onClick={() => void undo(waiting.id)}>
        {t("compose.doNotSend")}
      </Button>
    </div>
  );
}
