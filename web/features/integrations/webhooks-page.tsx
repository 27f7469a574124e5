import { Button } from "@mantine/core";
import { IconPlus, IconWebhook } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Webhook } from "../../../src/contract/webhooks.ts";
import { formatWhen } from "../../ui/format.ts";
import list from "../admin/list.module.css";
import { Badge, Empty, Failure, Loading, PageHead, type Tone } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { webhooksQuery } from "./integration-data.ts";
import { NewHook } from "./new-hook.tsx";
import { WebhookDrawer } from "./webhook-drawer.tsx";

const TONES: Readonly<Record<Webhook["state"], Tone>> = { on: "good", off: "calm", failing: "bad" };

/** The agency's own programs that hear what happens in it. */
export function WebhooksPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate({ from: "/admin/webhooks" });
  const { webhook } = useSearch({ from: "/admin/webhooks" });
  const found = useQuery(webhooksQuery);
  const [isAdding, setAdding] = useState(false);
  return (
    <>
      <PageHead title={t("admin.webhooks.title")} lead={t("admin.webhooks.lead")}>
        {may("integrations:write") && (
          <Button leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => setAdding(true)}>
            {t("admin.webhooks.add")}
          </Button>
        )}
      </PageHead>
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Loading />
      ) : found.data.webhooks.length === 0 ? (
        <Empty Icon={IconWebhook} title={t("admin.webhooks.none")} hint={t("admin.webhooks.noneHint")} />
      ) : (
        <ul className={list["list"]} aria-label={t("admin.webhooks.title")}>
          {found.data.webhooks.map((one) => (
            <HookRow key={one.id} hook={one} onOpen={() => void navigate({ search: { webhook: one.id } })} />
          ))}
        </ul>
      )}
      <WebhookDrawer id={webhook} onClose={() => void navigate({ search: {} })} />
      {isAdding && <NewHook onClose={() => setAdding(false)} />}
    </>
  );
}

function HookRow({ hook, onOpen }: { readonly hook: Webhook; readonly onOpen: () => void }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { url, label, state, lastSuccessAt, waiting } = hook;
  return (
    <li className={list["row"]}>
      <button type="button" className={list["open"]} onClick={onOpen}>
        <span className={list["who"]}>{label === "" ? new URL(url).host : label}</span>
        <span className={list["why"]}>{url}</span>
        <span className={list["side"]}>
          <Badge tone={TONES[state]}>{t(`admin.webhooks.states.${state}`)}</Badge>
          <span className={list["when"]}>
            {waiting > 0
              ? t("admin.webhooks.waiting", { count: waiting })
              : lastSuccessAt === null
                ? t("admin.webhooks.nothingYet")
                : t("admin.webhooks.reached", {
                    when: formatWhen(lastSuccessAt, i18n.language, new Date()),
                  })}
          </span>
        </span>
      </button>
    </li>
  );
}
