import { Button } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ApiKey } from "../../../src/contract/api-keys.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong, formatWhen } from "../../ui/format.ts";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { apiKeysQuery, removeApiKey } from "./integration-data.ts";
import { NewKey } from "./new-key.tsx";
import { byMatter } from "./permission-words.ts";
import classes from "./integrations.module.css";

/** Keys with which the agency's own programs use the API. */
export function ApiKeysPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const keys = useInfiniteQuery(apiKeysQuery);
  const [isMaking, setMaking] = useState(false);
  const items = keys.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title={t("admin.apiKeys.title")} lead={t("admin.apiKeys.lead")}>
        <Button component={Link} to="/admin/api" variant="default">
          {t("admin.api.title")}
        </Button>
        {may("integrations:write") && (
          <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setMaking(true)}>
            {t("admin.apiKeys.make")}
          </Button>
        )}
      </PageHead>
      {keys.isError ? (
        <Failure error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty Icon={IconKey} title={t("admin.apiKeys.none")} hint={t("admin.apiKeys.noneHint")} />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.apiKeys.title")}>
            {items.map((one) => (
              <KeyRow key={one.id} apiKey={one} mayRemove={may("integrations:write")} />
            ))}
          </ul>
          <MoreButton list={keys} />
        </>
      )}
      {isMaking && <NewKey onClose={() => setMaking(false)} />}
    </>
  );
}

function KeyRow({
  apiKey,
  mayRemove,
}: {
  readonly apiKey: ApiKey;
  readonly mayRemove: boolean;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const { id, label, permissions, createdBy, createdAt, expiresAt, lastUsedAt, makerMay } = apiKey;
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  const remove = async (): Promise<void> => {
    if (!(await confirm(t("admin.apiKeys.removeAsk", { label }), t("admin.apiKeys.remove"), "danger")))
      return;
    await run(async () => removeApiKey(id), t("admin.apiKeys.removed"));
  };
  return (
    <li className={`${list["row"]} ${classes["entry"]}`}>
      <div className={classes["words"]}>
        <p className={list["who"]}>{label}</p>
        <p className={classes["mild"]}>
          {byMatter(permissions)
            .map(
              ({ matter, verbs }) =>
                `${t(`admin.apiKeys.matters.${matter}`)} (${verbs.map((verb) => t(`admin.apiKeys.verbs.${verb}`)).join(", ")})`,
            )
            .join(" · ")}
        </p>
        <p className={classes["mild"]}>
          {t("admin.apiKeys.made", { by: createdBy, when: formatWhen(createdAt, i18n.language, new Date()) })}
          {" · "}
          {lastUsedAt === null
            ? t("admin.apiKeys.neverUsed")
            : t("admin.apiKeys.used", { when: formatWhen(lastUsedAt, i18n.language, new Date()) })}
          {" · "}
          {expiresAt === null
            ? t("admin.apiKeys.noEnd")
            : t(isOver ? "admin.apiKeys.endedAt" : "admin.apiKeys.endsAt", {
                when: formatLong(expiresAt, i18n.language),
              })}
        </p>
        {isOver && <Badge tone="bad">{t("admin.apiKeys.over")}</Badge>}
        {!makerMay && !isOver && <Badge tone="wait">{t("admin.apiKeys.outlived")}</Badge>}
      </div>
      {mayRemove && (
        <Button
          variant="default"
          loading={isBusy}
          aria-label={t("admin.apiKeys.removeOf", { label })}
          onClick={() => void remove()}
        >
          {t("admin.apiKeys.remove")}
        </Button>
      )}
    </li>
  );
}
