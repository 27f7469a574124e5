import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { HttpProblem } from "../../app/http.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { useFocusBack } from "../../ui/use-focus-back.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import dialog from "../admin/form-dialog.module.css";
import { EventChoice } from "./event-choice.tsx";
import { addWebhook } from "./integration-data.ts";
import classes from "./integrations.module.css";

const isAddress = (typed: string): boolean => /^https?:\/\/[^\s/]+/.test(typed.trim());

/** Adds a program that is told what happens; its secret is shown once. */
export function NewHook({ onClose }: { readonly onClose: () => void }): React.ReactNode {
  const { t } = useTranslation();
  const [url, setUrl] = useState("");
  const [label, setLabel] = useState("");
  const [events, setEvents] = useState<readonly string[]>(["*"]);
  const [isTried, setTried] = useState(false);
  const [secret, setSecret] = useState<string>();
  if (secret !== undefined) return <SecretOnce secret={secret} onClose={onClose} />;
  return (
    <FormDialog
      title={t("admin.webhooks.addTitle")}
      action={t("admin.webhooks.add")}
      size="lg"
      onClose={onClose}
      explain={(error) =>
        error instanceof HttpProblem && error.problem.code === "webhook_address"
          ? t("admin.webhooks.badAddress")
          : undefined
      }
      onSubmit={async () => {
        setTried(true);
        if (!isAddress(url) || events.length === 0) return;
        const made = await addWebhook({ url: url.trim(), label: label.trim(), events: [...events] });
        setSecret(made.secret);
      }}
    >
      <TextInput
        data-autofocus
        type="url"
        label={t("admin.webhooks.url")}
        description={t("admin.webhooks.urlHint")}
        placeholder="https://"
        value={url}
        spellCheck={false}
        autoComplete="off"
        error={isTried && !isAddress(url) ? t("admin.webhooks.urlNeeded") : undefined}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <TextInput
        label={t("admin.webhooks.label")}
        value={label}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <EventChoice
        events={events}
        onChange={setEvents}
        fault={isTried && events.length === 0 ? t("admin.webhooks.eventsNeeded") : undefined}
      />
    </FormDialog>
  );
}

/** With it, the program can tell that a call is really ours. */
export function SecretOnce({
  secret,
  onClose,
}: {
  readonly secret: string;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  useFocusBack();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      zIndex={300}
      title={t("admin.webhooks.secretTitle")}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ title: dialog["title"] ?? "" }}
    >
      <div className={classes["once"]}>
        <p>{t("admin.webhooks.secretOnce")}</p>
        <CopyLine value={secret} label={t("admin.webhooks.copySecret")} />
        <p className={classes["mild"]}>{t("admin.webhooks.secretHow")}</p>
        <div className={dialog["buttons"]}>
          <Button data-autofocus onClick={onClose}>
            {t("admin.apiKeys.done")}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
