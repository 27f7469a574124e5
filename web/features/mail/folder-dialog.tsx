import { useEffect, useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { SetResult } from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import form from "../../ui/form.module.css";
import { toast } from "../../ui/toast.tsx";
import type { Folder } from "./folders.ts";
import { useMail } from "./mail-context.tsx";

export type FolderTask =
  | { readonly kind: "create"; readonly parent?: Folder }
  | { readonly kind: "rename" | "delete"; readonly folder: Folder };

export interface FolderDialogProps {
  readonly task: FolderTask | undefined;
  readonly onClose: () => void;
}

/** Creates, renames or deletes one of the person's own folders. */
export function FolderDialog({ task, onClose }: FolderDialogProps): React.ReactNode {
  const { t } = useTranslation();
  const { jmap, folders } = useMail();
  const [name, setName] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    setName(task?.kind === "rename" ? task.folder.mailbox.name : "");
    setError(undefined);
  }, [task]);

  async function run(): Promise<void> {
    if (task === undefined) return;
    const wanted = name.trim();
    if (task.kind !== "delete" && wanted === "") return setError(t("folder.nameNeeded"));
    setBusy(true);
    try {
      const result = await jmap.call("Mailbox/set", toSet(task, wanted), SetResult);
      const refused = Object.values({
        ...result.notCreated,
        ...result.notUpdated,
        ...result.notDestroyed,
      })[0];
      if (refused === undefined) {
        await queryClient.invalidateQueries({ queryKey: ["mailboxes"] });
        onClose();
      } else if (refused.type === "mailboxHasEmail" || refused.type === "mailboxHasChild") {
        setError(t("folder.notEmpty"));
      } else setError(t("folder.refused"));
    } catch (failure) {
      toast({ message: explain(t, failure), kind: "failure" });
    } finally {
      setBusy(false);
    }
  }

  const deleting = task?.kind === "delete" ? task.folder : undefined;
  const occupied =
    deleting !== undefined &&
    (deleting.mailbox.totalEmails > 0 ||
      folders.some(({ mailbox }) => mailbox.parentId === deleting.mailbox.id));
  return (
    <Modal
      opened={task !== undefined}
      onClose={onClose}
      title={task === undefined ? "" : t(`folder.${task.kind}Title`)}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        {deleting === undefined ? (
          <TextInput
            data-autofocus
            label={t("folder.name")}
            value={name}
            error={error}
            maxLength={120}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setError(undefined);
            }}
          />
        ) : (
          <p>{occupied ? t("folder.notEmpty") : t("folder.deleteAsk", { name: deleting.name })}</p>
        )}
        {deleting !== undefined && error !== undefined && <p role="alert">{error}</p>}
        <div className={form["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          {!occupied && (
            <Button type="submit" loading={busy} color={deleting === undefined ? "aegean" : "brick"}>
              {deleting === undefined ? t("folder.save") : t("folder.delete")}
            </Button>
          )}
        </div>
      </form>
    </Modal>
  );
}

function toSet(task: FolderTask, name: string): Readonly<Record<string, unknown>> {
  if (task.kind === "create")
    return { create: { folder: { name, parentId: task.parent?.mailbox.id ?? null } } };
  const { id } = task.folder.mailbox;
  return task.kind === "rename" ? { update: { [id]: { name } } } : { destroy: [id] };
}
