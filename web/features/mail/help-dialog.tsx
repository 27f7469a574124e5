import { useSyncExternalStore } from "react";
import { Kbd, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./help-dialog.module.css";

/** Every shortcut with its key of the translation; `help` shows them in this order. */
const KEYS = [
  [["j"], "next"],
  [["k"], "previous"],
  [["Enter"], "open"],
  [["u"], "back"],
  [["c"], "compose"],
  [["r"], "reply"],
  [["a"], "replyAll"],
  [["f"], "forward"],
  [["e"], "archive"],
  [["#"], "delete"],
  [["!"], "junk"],
  [["s"], "star"],
  [["U"], "unread"],
  [["x"], "select"],
  [["z"], "undo"],
  [["/"], "search"],
  [["g", "i"], "inbox"],
  [["g", "d"], "drafts"],
  [["g", "t"], "sent"],
  [["Ctrl", "Enter"], "send"],
  [["?"], "help"],
] as const;

let opened = false;
const readers = new Set<() => void>();

function set(next: boolean): void {
  opened = next;
  for (const tell of readers) tell();
}

export function openHelp(): void {
  set(true);
}

export function HelpDialog(): React.ReactNode {
  const { t } = useTranslation();
  const isOpen = useSyncExternalStore(
    (tell) => {
      readers.add(tell);
      return () => readers.delete(tell);
    },
    () => opened,
  );
  return (
    <Modal
      opened={isOpen}
      onClose={() => {
        set(false);
      }}
      title={t("help.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <dl className={classes["keys"]}>
        {KEYS.map(([keys, name]) => (
          <div key={name}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{t(`help.${name}`)}</dd>
          </div>
        ))}
      </dl>
      <p className={classes["note"]}>{t("help.off")}</p>
    </Modal>
  );
}
