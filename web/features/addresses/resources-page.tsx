import { Button } from "@mantine/core";
import { IconDoor, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Resource } from "../../../src/contract/shared-mailboxes.ts";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { resourcesQuery } from "./address-data.ts";
import { ResourceDialog } from "./resource-dialog.tsx";

/** Rooms and equipment: who asks for one writes to it, and its managers answer. */
export function ResourcesPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const resources = useInfiniteQuery(resourcesQuery);
  /** undefined: no form is open; null: one for a new resource */
  const [edited, setEdited] = useState<Resource | null>();
  const items = resources.data?.pages.flatMap((page) => page.items) ?? [];
  const mayWrite = may("addresses:write");
  return (
    <>
      <PageHead title={t("admin.resources.title")} lead={t("admin.resources.lead")}>
        {mayWrite && (
          <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setEdited(null)}>
            {t("admin.resources.add")}
          </Button>
        )}
      </PageHead>
      {resources.isError ? (
        <Failure error={resources.error} onRetry={() => void resources.refetch()} />
      ) : resources.isPending ? (
        <Loading rows={3} />
      ) : items.length === 0 ? (
        <Empty Icon={IconDoor} title={t("admin.resources.none")} hint={t("admin.resources.noneHint")} />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.resources.title")}>
            {items.map((one) => (
              <li key={one.id} className={list["row"]}>
                <button
                  type="button"
                  className={list["open"]}
                  disabled={!mayWrite}
                  onClick={() => setEdited(one)}
                >
                  <span className={list["who"]}>{one.name}</span>
                  <span className={list["why"]}>{one.address}</span>
                  <span className={list["side"]}>
                    <Badge tone={one.disabled ? "bad" : "calm"}>
                      {one.disabled
                        ? t("admin.people.states.disabled")
                        : t(`admin.resources.kinds.${one.kind}`)}
                    </Badge>
                    {one.capacity !== null && (
                      <span className={list["when"]}>
                        {t("admin.resources.seats", { count: one.capacity })}
                      </span>
                    )}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <MoreButton list={resources} />
        </>
      )}
      {edited !== undefined && <ResourceDialog resource={edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}
