import { useRef, useSyncExternalStore } from "react";
import { Button, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./confirm.module.css";

interface Question {
  readonly text: string;
  readonly yes: string;
  readonly tone: "calm" | "danger";
  answer(yes: boolean): void;
}

let question: Question | undefined;
const readers = new Set<() => void>();

function set(next: Question | undefined): void {
  question = next;
  for (const tell of readers) tell();
}

/** Asks before something that can't be taken back. */
export function confirm(text: string, yes: string, tone: "calm" | "danger" = "calm"): Promise<boolean> {
  question?.answer(false);
  return new Promise((resolve) => {
    set({
      text,
      yes,
      tone,
      answer(said) {
        set(undefined);
        resolve(said);
      },
    });
  });
}

/** Stands once on the page, for {@link confirm}. */
export function ConfirmDialog(): React.ReactNode {
  const { t } = useTranslation();
  const shown = useRef<Question>(undefined);
  const asked = useSyncExternalStore(
    (tell) => {
      readers.add(tell);
      return () => readers.delete(tell);
    },
    () => question,
  );
  // While the dialog fades out, it still says what it asked.
  if (asked !== undefined) shown.current = asked;
  const { text, yes, tone } = shown.current ?? {};
  return (
    <Modal
      opened={asked !== undefined}
      onClose={() => asked?.answer(false)}
      title={text}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ title: classes["question"] ?? "" }}
      zIndex={400}
    >
      <div className={classes["buttons"]}>
        <Button variant="default" data-autofocus onClick={() => asked?.answer(false)}>
          {t("cancel")}
        </Button>
        <Button color={tone === "danger" ? "brick" : "aegean"} onClick={() => asked?.answer(true)}>
          {yes}
        </Button>
      </div>
    </Modal>
  );
}
