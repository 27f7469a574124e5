import { Button, Progress } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Migration } from "../../../src/contract/migrations.ts";
import { HttpProblem } from "../../app/http.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong, formatSize } from "../../ui/format.ts";
import { Figures } from "../admin/figures.tsx";
import { Badge, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import domains from "../domains/domains.module.css";
import { FileList } from "./file-list.tsx";
import { MailboxList } from "./mailbox-list.tsx";
import { migrationQuery, removeMigration, type Step, stepMigration } from "./migration-data.ts";
import { MIGRATION_TONES, nameOf, percentOf } from "./migration-words.ts";
import classes from "./migration.module.css";

const WATCH_MS = 2_500;

/** One move of old mail: how far it is, mailbox by mailbox, and what can be done. */
export function MigrationPage(): React.ReactNode {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/admin/migrations/$id" });
  const found = useQuery({
    ...migrationQuery(id),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? WATCH_MS : 15_000),
  });
  const isUnknown = found.error instanceof HttpProblem && found.error.problem.status === 404;
  return (
    <>
      <Link to="/admin/migrations" className={domains["up"]}>
        <IconArrowLeft size={16} aria-hidden="true" /> {t("admin.migrations.title")}
      </Link>
      {isUnknown ? (
        <PageHead title={t("admin.migrations.one")} lead={t("admin.migrations.gone")} />
      ) : found.data !== undefined ? (
        <Shown migration={found.data} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

/** What can be done in which state, the likeliest first. */
const STEPS: Readonly<Record<Migration["state"], readonly Step[]>> = {
  draft: ["start"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  copied: ["delta", "finish"],
  finished: [],
  cancelled: [],
};

function Shown({ migration }: { readonly migration: Migration }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { isBusy, run } = useDoing();
  const { id, state, kind, counts, mailboxes, copiedAt, createdBy, pass } = migration;
  const percent = state === "copied" || state === "finished" ? 100 : percentOf(counts);
  const isOver = state === "finished" || state === "cancelled" || state === "draft";
  return (
    <>
      <PageHead title={nameOf(t, migration)} lead={t(`admin.migrations.stateWords.${state}`)}>
        <Badge tone={MIGRATION_TONES[state]}>{t(`admin.migrations.states.${state}`)}</Badge>
      </PageHead>
      {state !== "draft" && (
        <>
          <Progress
            size="lg"
            value={percent}
            animated={state === "running"}
            aria-label={t("admin.migrations.progress")}
          />
          <p className={classes["progress"]} role="status">
            {t("admin.migrations.progressWords", {
              percent,
              done: mailboxes.done,
              of: mailboxes.total,
            })}
          </p>
          <Figures
            figures={[
              { label: t("admin.migrations.copied"), value: counts.copied },
              { label: t("admin.migrations.skipped"), value: counts.skipped },
              {
                label: t("admin.migrations.failed"),
                value: counts.failed,
                tone: counts.failed > 0 ? "bad" : "calm",
              },
            ]}
          />
        </>
      )}
      {may("imports:write") && (
        <div className={classes["buttons"]}>
          {STEPS[state].map((step, at) => (
            <Button
              key={step}
              size="md"
              variant={at === 0 ? "filled" : "default"}
              loading={isBusy}
              onClick={() =>
                void (async () => {
                  if (
                    step === "cancel" &&
                    !(await confirm(
                      t("admin.migrations.cancelAsk"),
                      t("admin.migrations.steps.cancel"),
                      "danger",
                    ))
                  )
                    return;
                  await run(async () => stepMigration(id, step));
                })()
              }
            >
              {t(`admin.migrations.steps.${step}`)}
            </Button>
          ))}
          {isOver && (
            <Button
              size="md"
              variant="default"
              loading={isBusy}
              onClick={() =>
                void (async () => {
                  if (!(await confirm(t("admin.migrations.removeAsk"), t("admin.remove"), "danger"))) return;
                  if (await run(async () => removeMigration(id))) await navigate({ to: "/admin/migrations" });
                })()
              }
            >
              {t("admin.migrations.remove")}
            </Button>
          )}
        </div>
      )}
      {state === "copied" && <p className={classes["mild"]}>{t("admin.migrations.deltaHint")}</p>}
      {kind !== "imap" && <FileList id={id} state={state} />}
      <MailboxList migration={migration} />
      <p className={classes["mild"]}>
        {t("admin.migrations.by", { by: createdBy })}
        {pass > 1 && ` · ${t("admin.migrations.pass", { pass })}`}
        {copiedAt !== null &&
          ` · ${t("admin.migrations.copiedAt", { when: formatLong(copiedAt, i18n.language) })}`}
        {counts.bytes > 0 && ` · ${formatSize(counts.bytes, i18n.language)}`}
      </p>
    </>
  );
}
