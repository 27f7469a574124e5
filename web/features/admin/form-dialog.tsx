import { Alert, Button, Modal } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFocusBack } from "../../ui/use-focus-back.ts";
import { explainAdmin } from "./explain-admin.ts";
import classes from "./form-dialog.module.css";

export interface FormDialogProps {
  readonly title: string;
  /** The words of the button that does it. */
  readonly action: string;
  readonly size?: string;
  readonly onClose: () => void;
  /** Does it; what it throws is explained in the dialog. It closes the dialog itself. @returns false: something is to be put right first */
  readonly onSubmit: () => Promise<unknown>;
  /** Words for a failure that mean more than the usual ones. */
  readonly explain?: (error: unknown) => string | undefined;
  readonly children: React.ReactNode;
}

/** A short form over the page: fields, what went wrong, and two buttons. */
export function FormDialog(props: FormDialogProps): React.ReactNode {
  const { title, action, size = "md", onClose, onSubmit, children } = props;
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const alert = useRef<HTMLDivElement>(null);
  useFocusBack();
  useEffect(() => {
    if (failure !== undefined) alert.current?.focus();
  }, [failure]);

  async function submit(): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      await onSubmit();
    } catch (error) {
      setFailure(props.explain?.(error) ?? explainAdmin(t, error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ title: classes["title"] ?? "" }}
    >
      <form
        noValidate
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        {failure !== undefined && (
          <Alert
            ref={alert}
            tabIndex={-1}
            role="alert"
            color="brick"
            variant="outline"
            className={classes["failure"] ?? ""}
          >
            {failure}
          </Alert>
        )}
        <div className={classes["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
