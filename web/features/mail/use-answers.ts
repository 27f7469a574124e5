import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import type { EmailContent } from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import { toast } from "../../ui/toast.tsx";
import { type AnswerKind, answer, resume } from "../compose/answer.ts";
import { compose } from "../compose/compose-store.ts";
import { contentQuery } from "./mail-data.ts";
import { useMail } from "./mail-context.tsx";

export interface Answers {
  readonly answer: (kind: AnswerKind, id: string) => void;
  /** goes on writing a draft */
  readonly resume: (id: string) => void;
}

/** Opens the composer on the ground of a message. */
export function useAnswers(): Answers {
  const { t, i18n } = useTranslation();
  const { jmap, session } = useMail();
  return useMemo(() => {
    async function withContent(id: string, use: (content: EmailContent) => void): Promise<void> {
      try {
        const content = await queryClient.fetchQuery(contentQuery(jmap, id));
        if (content !== null) use(content);
      } catch (error) {
        toast({ message: explain(t, error), kind: "failure" });
      }
    }
    return {
      answer: (kind, id) =>
        void withContent(id, (content) => {
          compose(answer(kind, content, session.address, t, i18n.language));
        }),
      resume: (id) =>
        void withContent(id, (content) => {
          compose(resume(content));
        }),
    };
  }, [jmap, session.address, t, i18n.language]);
}
