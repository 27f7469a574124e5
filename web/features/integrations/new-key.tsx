import { Button, Checkbox, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CreatedApiKey, KeyPermission } from "../../../src/contract/api-keys.ts";
import { sessionQuery } from "../../app/session.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { useFocusBack } from "../../ui/use-focus-back.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import dialog from "../admin/form-dialog.module.css";
import { useMay } from "../admin/roles.ts";
import { makeApiKey } from "./integration-data.ts";
import { MATTERS, permissionFor, VERBS } from "./permission-words.ts";
import classes from "./integrations.module.css";

const DAY_MS = 86_400_000;
const ENDS = ["30", "90", "365", "never"] as const;

/** Makes a key, and shows it the only time that it can be seen. */
export function NewKey({ onClose }: { readonly onClose: () => void }): React.ReactNode {
  const { t } = useTranslation();
  const [label, setLabel] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<KeyPermission>>(new Set());
  const [end, setEnd] = useState<(typeof ENDS)[number]>("365");
  const [isTried, setTried] = useState(false);
  const [made, setMade] = useState<CreatedApiKey>();
  if (made !== undefined) return <Made made={made} onClose={onClose} />;
  return (
    <FormDialog
      title={t("admin.apiKeys.makeTitle")}
      action={t("admin.apiKeys.make")}
      size="lg"
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (label.trim() === "" || chosen.size === 0) return;
        const ends = end === "never" ? undefined : new Date(Date.now() + Number(end) * DAY_MS).toISOString();
        setMade(
          await makeApiKey({
            label: label.trim(),
            permissions: [...chosen],
            ...(ends !== undefined && { expiresAt: ends }),
          }),
        );
      }}
    >
      <TextInput
        data-autofocus
        label={t("admin.apiKeys.label")}
        description={t("admin.apiKeys.labelHint")}
        value={label}
        maxLength={64}
        autoComplete="off"
        error={isTried && label.trim() === "" ? t("admin.apiKeys.labelNeeded") : undefined}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <Permissions
        chosen={chosen}
        onChange={setChosen}
        fault={isTried && chosen.size === 0 ? t("admin.apiKeys.permissionNeeded") : undefined}
      />
      <NativeSelect
        label={t("admin.apiKeys.end")}
        value={end}
        data={ENDS.map((value) => ({ value, label: t(`admin.apiKeys.ends.${value}`) }))}
        onChange={(event) => setEnd(ENDS.find((one) => one === event.currentTarget.value) ?? "365")}
      />
    </FormDialog>
  );
}

/** What the key may do; nobody can give away more than they have. Who may change something may look at it too. */
function Permissions({
  chosen,
  fault,
  onChange,
}: {
  readonly chosen: ReadonlySet<KeyPermission>;
  readonly fault: string | undefined;
  readonly onChange: (chosen: ReadonlySet<KeyPermission>) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const isOwner = session?.roles.includes("owner") ?? false;
  return (
    <fieldset
      className={classes["permissions"]}
      aria-describedby={fault === undefined ? undefined : "no-permission"}
    >
      <legend>{t("admin.apiKeys.permissions")}</legend>
      {fault !== undefined && (
        <p id="no-permission" className={classes["fault"]}>
          {fault}
        </p>
      )}
      <ul>
        {MATTERS.map((matter) => {
          const found = VERBS.flatMap((verb) => {
            const permission = permissionFor(matter, verb);
            const isMine =
              permission !== undefined && may(permission) && (permission !== "roles:write" || isOwner);
            return isMine ? [{ verb, permission }] : [];
          });
          if (found.length === 0) return null;
          const read = permissionFor(matter, "read");
          return (
            <li key={matter}>
              <span>{t(`admin.apiKeys.matters.${matter}`)}</span>
              <span className={classes["verbs"]}>
                {found.map(({ verb, permission }) => (
                  <Checkbox
                    key={verb}
                    label={t(`admin.apiKeys.verbs.${verb}`)}
                    aria-label={`${t(`admin.apiKeys.matters.${matter}`)}: ${t(`admin.apiKeys.verbs.${verb}`)}`}
                    checked={chosen.has(permission)}
                    onChange={(event) => {
                      const next = new Set(chosen);
                      if (event.currentTarget.checked) {
                        next.add(permission);
                        if (read !== undefined) next.add(read);
                      } else {
                        next.delete(permission);
                        if (verb === "read") for (const one of found) next.delete(one.permission);
                      }
                      onChange(next);
                    }}
                  />
                ))}
              </span>
            </li>
          );
        })}
      </ul>
    </fieldset>
  );
}

function Made({
  made,
  onClose,
}: {
  readonly made: CreatedApiKey;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  useFocusBack();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("admin.apiKeys.madeTitle")}
      closeButtonProps={{ "aria-label": t("close") }}
      classNames={{ title: dialog["title"] ?? "" }}
    >
      <div className={classes["once"]}>
        <p>{t("admin.apiKeys.once")}</p>
        <CopyLine value={made.key} label={t("admin.apiKeys.copy")} />
        <p className={classes["mild"]}>{t("admin.apiKeys.how")}</p>
        <pre className={classes["code"]} tabIndex={0} aria-label={t("admin.apiKeys.how")}>
          {`curl -H "Authorization: Bearer ${made.key.slice(0, 18)}…" \\\n  ${location.origin}/v1/openapi.json`}
        </pre>
        <div className={dialog["buttons"]}>
          <Button data-autofocus onClick={onClose}>
            {t("admin.apiKeys.done")}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
