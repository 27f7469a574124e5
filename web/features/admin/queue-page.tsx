import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconChecks } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { QUEUE_STATES, type QueueChoice, QueueState } from "../../../src/contract/queue.ts";
import { queueQuery } from "./admin-data.ts";
import { OlderButton } from "./older-button.tsx";
import { Empty, Failure, Loading, PageHead } from "./page-parts.tsx";
import { QueueDrawer } from "./queue-drawer.tsx";
import { QueueRow } from "./queue-row.tsx";
import { useQueueActions } from "./use-queue-actions.ts";
import { useSelection } from "./use-selection.ts";
import classes from "./list.module.css";

const LIMIT = 50;

/** What waits to be sent, why, and what can be done about it. */
export function QueuePage(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/queue" });
  const { domain, sender, state, entry, cursor } = useSearch({ from: "/admin/queue" });
  const page = useQuery({
    ...queueQuery({ domain, sender, state, cursor, limit: LIMIT }),
    refetchInterval: 15_000,
  });
  const entries = page.data?.entries ?? [];
  const selection = useSelection(entries.map((one) => one.id));
  const { act, busy } = useQueueActions();
  const isFiltered = domain !== undefined || sender !== undefined || state !== undefined;
  const total = Object.values(page.data?.counts ?? {}).reduce((sum, n) => sum + n, 0);
  const isSome = selection.ids.length > 0;
  const choice = (): QueueChoice => ({ ids: [...selection.ids] });
  return (
    <>
      <PageHead title={t("admin.queue.title")} lead={t("admin.queue.lead")}>
        {total > 0 && !isFiltered && (
          <Button
            variant="default"
            loading={busy}
            onClick={() => void act({ action: "retry", choice: { all: true } })}
          >
            {t("admin.queue.retryAll")}
          </Button>
        )}
      </PageHead>
      <form
        className={classes["filters"]}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const text = (name: string): string | undefined => {
            const value = form.get(name);
            return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
          };
          const found = QueueState.safeParse(form.get("state"));
          void navigate({
            search: {
              domain: text("domain"),
              sender: text("sender"),
              state: found.success ? found.data : undefined,
            },
          });
        }}
      >
        <TextInput
          name="domain"
          label={t("admin.queue.domain")}
          defaultValue={domain ?? ""}
          spellCheck={false}
        />
        <TextInput
          name="sender"
          label={t("admin.queue.sender")}
          defaultValue={sender ?? ""}
          spellCheck={false}
        />
        <NativeSelect
          name="state"
          label={t("admin.queue.state")}
          defaultValue={state ?? ""}
          data={[
            { value: "", label: t("admin.queue.anyState") },
            ...QUEUE_STATES.map((value) => ({ value, label: t(`admin.queue.states.${value}`) })),
          ]}
        />
        <Button type="submit">{t("admin.show")}</Button>
      </form>
      {page.isError ? (
        <Failure error={page.error} onRetry={() => void page.refetch()} />
      ) : page.data === undefined ? (
        <Loading />
      ) : entries.length === 0 ? (
        <Empty
          Icon={IconChecks}
          title={t(isFiltered ? "admin.queue.noneFound" : "admin.queue.empty")}
          hint={t(isFiltered ? "admin.queue.noneFoundHint" : "admin.queue.emptyHint")}
        />
      ) : (
        <>
          <div className={classes["bar"]} data-active={isSome}>
            <Checkbox
              aria-label={t("admin.selectAll")}
              checked={selection.ids.length === entries.length}
              indeterminate={isSome && selection.ids.length < entries.length}
              onChange={(event) => selection.setAll(event.currentTarget.checked)}
            />
            <span className={classes["count"]} role="status">
              {isSome
                ? t("admin.selected", { count: selection.ids.length })
                : t("admin.queue.total", { count: total })}
            </span>
            {isSome && (
              <>
                <Button
                  size="compact-md"
                  variant="default"
                  disabled={busy}
                  onClick={() => void act({ action: "retry", choice: choice() })}
                >
                  {t("admin.queue.retry")}
                </Button>
                <Button
                  size="compact-md"
                  variant="default"
                  disabled={busy}
                  onClick={() => void act({ action: "hold", choice: choice(), reason: "" })}
                >
                  {t("admin.queue.hold")}
                </Button>
                <Button
                  size="compact-md"
                  variant="default"
                  disabled={busy}
                  onClick={() => void act({ action: "release", choice: choice() })}
                >
                  {t("admin.queue.release")}
                </Button>
                <Button
                  size="compact-md"
                  color="brick"
                  disabled={busy}
                  onClick={() => void act({ action: "drop", choice: choice(), bounce: true })}
                >
                  {t("admin.queue.drop")}
                </Button>
              </>
            )}
          </div>
          <ul className={classes["list"]} aria-label={t("admin.queue.title")}>
            {entries.map((one) => (
              <QueueRow
                key={one.id}
                entry={one}
                selected={selection.has(one.id)}
                onSelect={() => selection.toggle(one.id)}
                onOpen={() => void navigate({ search: (old) => ({ ...old, entry: one.id }) })}
              />
            ))}
          </ul>
          <OlderButton
            cursor={page.data.next}
            onOlder={(next) => void navigate({ search: (old) => ({ ...old, cursor: next }) })}
          />
        </>
      )}
      <QueueDrawer
        id={entry}
        onClose={() => void navigate({ search: ({ entry: _closed, ...rest }) => rest })}
      />
    </>
  );
}
