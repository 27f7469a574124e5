import { Button } from "@mantine/core";
import { IconMailDown, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Migration } from "../../../src/contract/migrations.ts";
import { formatWhen } from "../../ui/format.ts";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import domains from "../domains/domains.module.css";
import { migrationsQuery } from "./migration-data.ts";
import { MIGRATION_TONES, nameOf } from "./migration-words.ts";

/** Old mail that was brought, is being brought, or will be. */
export function MigrationsPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const migrations = useInfiniteQuery({ ...migrationsQuery, refetchInterval: 10_000 });
  const items = migrations.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.migrations.title")} lead={t("admin.migrations.lead")}>
        {may("imports:write") && (
          <Button
            component={Link}
            to="/admin/migrations/new"
            leftSection={<IconPlus size={18} aria-hidden="true" />}
          >
            {t("admin.migrations.new")}
          </Button>
        )}
      </PageHead>
      {migrations.isError ? (
        <Failure error={migrations.error} onRetry={() => void migrations.refetch()} />
      ) : migrations.isPending ? (
        <Loading rows={3} />
      ) : items.length === 0 ? (
        <Empty Icon={IconMailDown} title={t("admin.migrations.none")} hint={t("admin.migrations.noneHint")} />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.migrations.title")}>
            {items.map((one) => (
              <Row key={one.id} migration={one} />
            ))}
          </ul>
          <MoreButton list={migrations} />
        </>
      )}
    </>
  );
}

function Row({ migration }: { readonly migration: Migration }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { id, state, mailboxes, counts, createdAt } = migration;
  return (
    <li className={list["row"]}>
      <Link to="/admin/migrations/$id" params={{ id }} className={`${list["open"]} ${domains["plainLink"]}`}>
        <span className={list["who"]}>{nameOf(t, migration)}</span>
        <span className={list["why"]}>
          {t("admin.migrations.mailboxes", { count: mailboxes.total })} ·{" "}
          {t("admin.migrations.messages", { count: counts.copied })}
        </span>
        <span className={list["side"]}>
          <Badge tone={MIGRATION_TONES[state]}>{t(`admin.migrations.states.${state}`)}</Badge>
          <time className={list["when"]} dateTime={createdAt}>
            {formatWhen(createdAt, i18n.language, new Date())}
          </time>
        </span>
      </Link>
    </li>
  );
}
