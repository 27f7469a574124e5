import { Button, NativeSelect, PasswordInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Migration,
  type MigrationMailbox,
  MigrationMailboxState,
} from "../../../src/contract/migrations.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import { formatRelative } from "../admin/relative-time.ts";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Failure, Loading } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { mailboxesQuery, retryMailbox } from "./migration-data.ts";
import { MAILBOX_TONES, whyNot } from "./migration-words.ts";
import classes from "./migration.module.css";

/** The mailboxes of a migration, each with how far it is. */
export function MailboxList({ migration }: { readonly migration: Migration }): React.ReactNode {
  const { t } = useTranslation();
  const [state, setState] = useState<MigrationMailboxState>();
  const { id, mailboxes } = migration;
  const list = useInfiniteQuery({
    ...mailboxesQuery(id, state),
    refetchInterval: migration.state === "running" ? 4_000 : false,
  });
  const { refetch } = list;
  // When it comes to its end, or begins again, the last look is out of date.
  useEffect(() => void refetch(), [migration.state, refetch]);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (mailboxes.total === 0) return null;
  return (
    <section className={classes["block"]} aria-labelledby="migration-mailboxes">
      <div className={classes["blockHead"]}>
        <h2 id="migration-mailboxes">{t("admin.migrations.mailboxes", { count: mailboxes.total })}</h2>
        {mailboxes.total > 10 && (
          <NativeSelect
            aria-label={t("admin.people.state")}
            value={state ?? ""}
            data={[
              { value: "", label: t("admin.migrations.anyState") },
              ...MigrationMailboxState.options.map((value) => ({
                value,
                label: `${t(`admin.migrations.mailboxStates.${value}`)} (${mailboxes[value]})`,
              })),
            ]}
            onChange={(event) => {
              const chosen = MigrationMailboxState.safeParse(event.currentTarget.value);
              setState(chosen.success ? chosen.data : undefined);
            }}
          />
        )}
      </div>
      {list.isError ? (
        <Failure error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Loading rows={3} />
      ) : (
        <ul className={classes["mailboxes"]} aria-labelledby="migration-mailboxes">
          {items.map((one) => (
            <Row key={one.id} migration={migration} mailbox={one} />
          ))}
        </ul>
      )}
      <MoreButton list={list} />
    </section>
  );
}

function Row({
  migration,
  mailbox,
}: {
  readonly migration: Migration;
  readonly mailbox: MigrationMailbox;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [isAsking, setAsking] = useState(false);
  const { id, address, user, state, reason, counts, folder, nextAttemptAt } = mailbox;
  const mayRetry = may("imports:write") && migration.state === "running";
  return (
    <li>
      <div className={classes["who"]}>
        <p className={classes["name"]}>{address}</p>
        <p className={classes["mild"]}>
          {user !== address && `${user} · `}
          {(state !== "waiting" || counts.found > 0) &&
            t("admin.migrations.countsWords", {
              done: counts.copied + counts.skipped,
              of: counts.found,
            })}
          {state === "running" && folder !== null && ` · ${folder}`}
        </p>
        {reason !== null && state !== "done" && (
          <p className={classes["reason"]}>
            {whyNot(t, reason.code)}
            {nextAttemptAt !== null &&
              ` ${t("admin.migrations.next", {
                when: formatRelative(nextAttemptAt, i18n.language, Date.now()),
              })}`}
          </p>
        )}
        {counts.failed > 0 && (
          <p className={classes["mild"]}>{t("admin.migrations.lost", { count: counts.failed })}</p>
        )}
      </div>
      <div className={classes["side"]}>
        <Badge tone={MAILBOX_TONES[state]}>{t(`admin.migrations.mailboxStates.${state}`)}</Badge>
        {mayRetry && (state === "failed" || nextAttemptAt !== null) && (
          <Button
            size="compact-sm"
            variant="default"
            loading={isBusy}
            aria-label={`${t("admin.migrations.retry")}: ${address}`}
            onClick={() => {
              if (reason?.code === "login" && migration.login === "password") setAsking(true);
              else void run(async () => retryMailbox(migration.id, id));
            }}
          >
            {t("admin.migrations.retry")}
          </Button>
        )}
      </div>
      {isAsking && <NewPassword migration={migration} mailbox={mailbox} onClose={() => setAsking(false)} />}
    </li>
  );
}

/** The old server refused the password: the right one is asked for. */
function NewPassword({
  migration,
  mailbox,
  onClose,
}: {
  readonly migration: Migration;
  readonly mailbox: MigrationMailbox;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  return (
    <FormDialog
      title={t("admin.migrations.passwordOf", { user: mailbox.user })}
      action={t("admin.migrations.retry")}
      onClose={onClose}
      onSubmit={async () => {
        await retryMailbox(migration.id, mailbox.id, password === "" ? undefined : password);
        onClose();
      }}
    >
      <PasswordInput
        data-autofocus
        label={t("admin.migrations.password")}
        value={password}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": t("password.toggle"), tabIndex: 0 }}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
