import { Button, TextInput } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AuditPage as Rows, type AuditRow } from "../../../src/contract/audit.ts";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { type Params, search } from "../admin/admin-data.ts";
import { pagedQuery } from "../admin/admin-requests.ts";
import filters from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { actionWords } from "./action-words.ts";
import { actorWords } from "./actor-words.ts";
import classes from "./audit.module.css";

const auditQuery = (params: Params) => pagedQuery("/v1/audit", { limit: 50, ...params }, Rows);
const FIELDS = ["actor", "action", "subject"] as const;

/** The start of a day here, as the server wants it. @param day `2026-11-21` */
function dayStart(day: string | undefined, plusDays = 0): string | undefined {
  if (day === undefined) return undefined;
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + plusDays);
  return at.toISOString();
}

/** Who changed what, and when. */
export function AuditPage(): React.ReactNode {
  const { t } = useTranslation();
  const { since, until, ...wanted } = useSearch({ from: "/admin/audit" });
  const params = { ...wanted, from: dayStart(since), to: dayStart(until, 1) };
  const found = useInfiniteQuery(auditQuery(params));
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.audit.title")} lead={t("admin.audit.lead")}>
        {(["csv", "jsonl"] as const).map((format) => (
          <Button
            key={format}
            component="a"
            variant="default"
            href={`/v1/audit/export${search({ ...params, format })}`}
            download={`audit.${format}`}
          >
            {t(`admin.audit.export.${format}`)}
          </Button>
        ))}
      </PageHead>
      <Filters />
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty Icon={IconHistory} title={t("admin.audit.none")} hint={t("admin.audit.noneHint")} />
      ) : (
        <>
          <ul className={classes["list"]} aria-label={t("admin.audit.title")}>
            {items.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
    </>
  );
}

function Filters(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/audit" });
  const wanted = useSearch({ from: "/admin/audit" });
  return (
    <form
      // What was chosen elsewhere, by a click on a row, stands in the fields too.
      key={JSON.stringify(wanted)}
      className={filters["filters"]}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const text = (name: string): string | undefined => {
          const value = form.get(name);
          return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
        };
        void navigate({
          search: {
            actor: text("actor"),
            action: text("action"),
            subject: text("subject"),
            since: text("since"),
            until: text("until"),
          },
        });
      }}
    >
      {FIELDS.map((name) => (
        <TextInput
          key={name}
          name={name}
          label={t(`admin.audit.${name}`)}
          placeholder={t(`admin.audit.hints.${name}`)}
          defaultValue={wanted[name] ?? ""}
          spellCheck={false}
          autoComplete="off"
        />
      ))}
      <TextInput name="since" type="date" label={t("admin.trace.since")} defaultValue={wanted.since ?? ""} />
      <TextInput name="until" type="date" label={t("admin.trace.until")} defaultValue={wanted.until ?? ""} />
      <Button type="submit">{t("admin.show")}</Button>
    </form>
  );
}

function Row({ row }: { readonly row: AuditRow }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { at, actor, action, subject, detail } = row;
  const words = actionWords(t, action);
  const details = Object.entries(detail);
  return (
    <li className={classes["row"]}>
      <details>
        <summary>
          <span className={classes["what"]}>
            {words}
            {subject !== "" && <span className={classes["subject"]}>{subject}</span>}
          </span>
          <span className={classes["who"]}>{actorWords(t, actor)}</span>
          <time className={classes["when"]} dateTime={at}>
            {formatWhen(at, i18n.language, new Date())}
          </time>
        </summary>
        <dl className={classes["facts"]}>
          <dt>{t("admin.audit.when")}</dt>
          <dd>{formatLong(at, i18n.language)}</dd>
          <dt>{t("admin.audit.code")}</dt>
          <dd>
            <code>{action}</code>
          </dd>
          {details.map(([name, value]) => (
            <FactLine key={name} name={name} value={String(value)} />
          ))}
        </dl>
      </details>
    </li>
  );
}

function FactLine({ name, value }: { readonly name: string; readonly value: string }): React.ReactNode {
  return (
    <>
      <dt>
        <code>{name}</code>
      </dt>
      <dd>{value}</dd>
    </>
  );
}
