import { Button, Checkbox, Progress } from "@mantine/core";
import { IconArrowLeft, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PeopleImport } from "../../../src/contract/people-imports.ts";
import { HttpProblem } from "../../app/http.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong } from "../../ui/format.ts";
import { Figures } from "../admin/figures.tsx";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useDoing } from "../admin/use-doing.ts";
import domains from "../domains/domains.module.css";
import { confirmResult, fetchResult, forgetImport, importQuery, startImport } from "./import-data.ts";
import { ImportErrors } from "./import-errors.tsx";
import classes from "./import.module.css";

const WATCH_MS = 1_500;

/** One list of people: what is in it, what is wrong with it, and what became of it. */
export function ImportPage(): React.ReactNode {
  const { t } = useTranslation();
  const { id } = useParams({ from: "/admin/people/import/$id" });
  const found = useQuery({
    ...importQuery(id),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? WATCH_MS : false),
  });
  const isUnknown = found.error instanceof HttpProblem && found.error.problem.status === 404;
  return (
    <>
      <Link to="/admin/people/import" className={domains["up"]}>
        <IconArrowLeft size={16} aria-hidden="true" /> {t("admin.import.title")}
      </Link>
      {isUnknown ? (
        <PageHead title={t("admin.import.one")} lead={t("admin.import.gone")} />
      ) : found.data !== undefined ? (
        <Shown list={found.data} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Shown({ list }: { readonly list: PeopleImport }): React.ReactNode {
  if (list.state === "checked") return <Preview list={list} />;
  return list.state === "running" ? <Running list={list} /> : <Result list={list} />;
}

/** Before anybody is made: what was understood, and each mistake by its line. */
function Preview({ list }: { readonly list: PeopleImport }): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { isBusy, run } = useDoing();
  const [leaveOut, setLeaveOut] = useState(false);
  const { id, fresh, existing, faulty, columns, unknownHeaders, sample, onExisting } = list;
  const usable = fresh + (onExisting === "refuse" ? 0 : existing);
  return (
    <>
      <PageHead
        title={t("admin.import.previewTitle")}
        lead={t(faulty === 0 ? "admin.import.previewGood" : "admin.import.previewBad")}
      />
      <Figures
        figures={[
          { label: t("admin.import.fresh"), value: fresh },
          { label: t("admin.import.existingCount"), value: existing },
          { label: t("admin.import.faulty"), value: faulty, tone: faulty > 0 ? "bad" : "calm" },
        ]}
      />
      <p className={domains["mild"]}>
        {t("admin.import.columns", {
          columns: columns.map((column) => t(`admin.import.column.${column}`)).join(", "),
        })}
        {unknownHeaders.length > 0 &&
          ` ${t("admin.import.unknownColumns", { columns: unknownHeaders.join(", ") })}`}
      </p>
      {list.errorCount > 0 && <ImportErrors list={list} />}
      {sample.length > 0 && (
        <section className={classes["block"]} aria-labelledby="import-sample">
          <h2 id="import-sample">{t("admin.import.sample")}</h2>
          <ul className={classes["sample"]}>
            {sample.map(({ line, name, address }) => (
              <li key={line}>
                <span>{name}</span>
                <span className={domains["mild"]}>{address}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {faulty > 0 && usable > 0 && (
        <Checkbox
          className={classes["leaveOut"] ?? ""}
          checked={leaveOut}
          label={t("admin.import.leaveOut", { count: faulty })}
          onChange={(event) => setLeaveOut(event.currentTarget.checked)}
        />
      )}
      <div className={domains["buttons"]}>
        <Button
          size="md"
          loading={isBusy}
          disabled={usable === 0 || (faulty > 0 && !leaveOut)}
          onClick={() => void run(async () => startImport(id, leaveOut))}
        >
          {t("admin.import.start", { count: usable })}
        </Button>
        <Button
          size="md"
          variant="default"
          onClick={() =>
            void run(async () => {
              await forgetImport(id);
              await navigate({ to: "/admin/people/import" });
            })
          }
        >
          {t("admin.import.other")}
        </Button>
      </div>
    </>
  );
}

function Running({ list }: { readonly list: PeopleImport }): React.ReactNode {
  const { t } = useTranslation();
  const { done, total } = list;
  return (
    <>
      <PageHead title={t("admin.import.runningTitle")} lead={t("admin.import.runningLead")} />
      <Progress
        size="lg"
        value={total === 0 ? 0 : (done / total) * 100}
        aria-label={t("admin.import.runningTitle")}
      />
      <p className={classes["progress"]} role="status">
        {t("admin.import.progress", { done, total })}
      </p>
    </>
  );
}

function Result({ list }: { readonly list: PeopleImport }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const [isKept, setKept] = useState(false);
  const { id, created, updated, skipped, failed, resultUntil, access } = list;
  return (
    <>
      <PageHead title={t("admin.import.doneTitle")} lead={t("admin.import.doneLead")} />
      <Figures
        figures={[
          { label: t("admin.import.created"), value: created },
          { label: t("admin.import.updated"), value: updated },
          { label: t("admin.import.skipped"), value: skipped },
          { label: t("admin.import.failed"), value: failed, tone: failed > 0 ? "bad" : "calm" },
        ]}
      />
      {list.errorCount > 0 && <ImportErrors list={list} />}
      {resultUntil !== null ? (
        <section className={classes["result"]} aria-labelledby="import-result">
          <h2 id="import-result">{t(`admin.import.resultTitle.${access}`)}</h2>
          <p>{t("admin.import.resultText", { when: formatLong(resultUntil, i18n.language) })}</p>
          <div className={domains["buttons"]}>
            <Button
              loading={isBusy}
              leftSection={<IconDownload size={17} aria-hidden="true" />}
              onClick={() =>
                void run(async () => {
                  save(await fetchResult(id), "people.csv");
                  setKept(true);
                })
              }
            >
              {t("admin.import.download")}
            </Button>
            {isKept && (
              <Button
                variant="default"
                loading={isBusy}
                onClick={() =>
                  void (async () => {
                    if (!(await confirm(t("admin.import.forgetAsk"), t("admin.import.forget")))) return;
                    await run(async () => confirmResult(id), t("admin.import.forgotten"));
                  })()
                }
              >
                {t("admin.import.forget")}
              </Button>
            )}
          </div>
        </section>
      ) : (
        <p className={domains["mild"]}>{t("admin.import.noResult")}</p>
      )}
      <p className={classes["progress"]}>
        <Link to="/admin/people">{t("admin.import.toPeople")}</Link>
      </p>
    </>
  );
}

/** Lets the browser keep a file. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
