import { Button, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Migration, MigrationFile } from "../../../src/contract/migrations.ts";
import { formatSize } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { Badge } from "../admin/page-parts.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { filesQuery, uploadFile } from "./migration-data.ts";
import classes from "./migration.module.css";

/** The files of a migration; one whose sending was cut is taken up again. */
export function FileList({
  id,
  state,
}: {
  readonly id: string;
  readonly state: Migration["state"];
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery(filesQuery(id));
  const files = found.data?.files ?? [];
  if (files.length === 0) return null;
  return (
    <section className={classes["block"]} aria-labelledby="migration-files">
      <h2 id="migration-files">{t("admin.migrations.files")}</h2>
      <ul className={classes["mailboxes"]}>
        {files.map((file) => (
          <FileRow key={file.id} id={id} file={file} mayGoOn={state === "draft" || state === "running"} />
        ))}
      </ul>
    </section>
  );
}

function FileRow({
  id,
  file,
  mayGoOn,
}: {
  readonly id: string;
  readonly file: MigrationFile;
  readonly mayGoOn: boolean;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const [received, setReceived] = useState(file.received);
  const field = useRef<HTMLInputElement>(null);
  const { name, size, isComplete, address } = file;
  return (
    <li>
      <div className={classes["who"]}>
        <p className={classes["name"]}>{name}</p>
        <p className={classes["mild"]}>
          {address} ·{" "}
          {isComplete
            ? formatSize(size, i18n.language)
            : t("admin.migrations.sent", {
                sent: formatSize(received, i18n.language),
                total: formatSize(size, i18n.language),
              })}
        </p>
        {!isComplete && (
          <Progress value={(received / size) * 100} aria-label={t("admin.migrations.sending")} />
        )}
      </div>
      <div className={classes["side"]}>
        <Badge tone={isComplete ? "good" : "wait"}>
          {t(isComplete ? "admin.migrations.arrived" : "admin.migrations.cutOff")}
        </Badge>
        {!isComplete && mayGoOn && (
          <>
            <input
              ref={field}
              type="file"
              hidden
              aria-label={t("admin.migrations.goOn")}
              onChange={(event) => {
                const chosen = event.currentTarget.files?.[0];
                event.currentTarget.value = "";
                if (chosen === undefined) return;
                if (chosen.name !== name || chosen.size !== size)
                  toast({ message: t("admin.migrations.otherFile", { name }), kind: "failure" });
                else void run(async () => uploadFile(id, chosen, { ...file, received }, setReceived));
              }}
            />
            <Button
              size="compact-sm"
              variant="default"
              loading={isBusy}
              onClick={() => field.current?.click()}
            >
              {t("admin.migrations.goOn")}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}
