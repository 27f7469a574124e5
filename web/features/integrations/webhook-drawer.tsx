import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Webhook, WebhookDelivery } from "../../../src/contract/webhooks.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { DetailDrawer } from "../admin/detail-drawer.tsx";
import detail from "../admin/detail.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Failure, Loading, type Tone } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { readable } from "../security/alert-words.ts";
import { EventChoice } from "./event-choice.tsx";
import { groupsIn, othersIn } from "./event-groups.ts";
import {
  changeWebhook,
  deliveriesQuery,
  removeWebhook,
  renewSecret,
  retryDelivery,
  testWebhook,
  webhookQuery,
} from "./integration-data.ts";
import { SecretOnce } from "./new-hook.tsx";
import classes from "./integrations.module.css";

/** What is on its way is looked after this often. */
const LOOK_MS = 3_000;
const TONES: Readonly<Record<WebhookDelivery["state"], Tone>> = {
  waiting: "wait",
  done: "good",
  failed: "bad",
};
const ERRORS = ["refused", "timeout", "tls", "dns", "private_address", "status"] as const;

/** All about one webhook: what it is told, and whether that arrived. */
export function WebhookDrawer({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...webhookQuery(id ?? ""), enabled: id !== undefined });
  const label = found.data?.label ?? "";
  return (
    <DetailDrawer
      opened={id !== undefined}
      title={label === "" ? t("admin.webhooks.one") : label}
      onClose={onClose}
      found={found}
      unknown={t("admin.webhooks.unknown")}
    >
      {(hook) => <Shown key={hook.id} hook={hook} onGone={onClose} />}
    </DetailDrawer>
  );
}

function Shown({ hook, onGone }: { readonly hook: Webhook; readonly onGone: () => void }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [secret, setSecret] = useState<string>();
  const { id, url, state, lastSuccessAt, failingSince } = hook;
  const isOn = state === "on";
  return (
    <>
      <p className={detail["why"]} data-tone={state === "failing" ? "bad" : "calm"}>
        {t(`admin.webhooks.stateWords.${state}`)}
        {failingSince !== null &&
          ` ${t("admin.webhooks.failingSince", { when: formatLong(failingSince, i18n.language) })}`}
      </p>
      <dl className={detail["facts"]}>
        <dt>{t("admin.webhooks.url")}</dt>
        <dd className={detail["mono"]}>{url}</dd>
        <dt>{t("admin.webhooks.lastSuccess")}</dt>
        <dd>
          {lastSuccessAt === null ? t("admin.webhooks.nothingYet") : formatLong(lastSuccessAt, i18n.language)}
        </dd>
      </dl>
      {may("integrations:write") && (
        <div className={detail["buttons"]}>
          <Button
            disabled={!isOn}
            loading={isBusy}
            onClick={() => void run(async () => testWebhook(id), t("admin.webhooks.testSent"))}
          >
            {t("admin.webhooks.test")}
          </Button>
          <Button
            variant="default"
            loading={isBusy}
            onClick={() =>
              void run(async () => changeWebhook(id, { state: isOn ? "off" : "on" }), t("admin.saved"))
            }
          >
            {t(isOn ? "admin.webhooks.switchOff" : "admin.webhooks.switchOn")}
          </Button>
          <Button
            variant="default"
            loading={isBusy}
            onClick={() =>
              void (async () => {
                if (!(await confirm(t("admin.webhooks.secretAsk"), t("admin.webhooks.newSecret")))) return;
                await run(async () => setSecret(await renewSecret(id)));
              })()
            }
          >
            {t("admin.webhooks.newSecret")}
          </Button>
          <Button
            variant="default"
            loading={isBusy}
            onClick={() =>
              void (async () => {
                if (!(await confirm(t("admin.webhooks.removeAsk"), t("admin.remove"), "danger"))) return;
                // First the drawer, so that it doesn't ask for what is gone.
                onGone();
                await run(async () => removeWebhook(id), t("admin.webhooks.removed"));
              })()
            }
          >
            {t("admin.remove")}
          </Button>
        </div>
      )}
      <Events hook={hook} mayChange={may("integrations:write")} />
      <Deliveries id={id} mayRetry={may("integrations:write")} />
      {secret !== undefined && <SecretOnce secret={secret} onClose={() => setSecret(undefined)} />}
    </>
  );
}

function Events({
  hook,
  mayChange,
}: {
  readonly hook: Webhook;
  readonly mayChange: boolean;
}): React.ReactNode {
  const { t } = useTranslation();
  const { isBusy, run } = useDoing();
  const [draft, setDraft] = useState<readonly string[]>();
  const { id, events } = hook;
  const told = events.includes("*")
    ? t("admin.webhooks.all")
    : [...groupsIn(events).map((group) => t(`admin.webhooks.groups.${group}`)), ...othersIn(events)].join(
        ", ",
      );
  return (
    <section className={detail["section"]} aria-labelledby="hook-events">
      <h3 id="hook-events">{t("admin.webhooks.events")}</h3>
      {draft === undefined ? (
        <>
          <p>{told}</p>
          {mayChange && (
            <Button variant="default" size="xs" mt="xs" onClick={() => setDraft(events)}>
              {t("admin.change")}
            </Button>
          )}
        </>
      ) : (
        <div className={classes["once"]}>
          <EventChoice events={draft} onChange={setDraft} />
          <div className={detail["buttons"]}>
            <Button
              loading={isBusy}
              disabled={draft.length === 0}
              onClick={() =>
                void run(async () => {
                  await changeWebhook(id, { events: [...draft] });
                  setDraft(undefined);
                }, t("admin.saved"))
              }
            >
              {t("admin.save")}
            </Button>
            <Button variant="default" onClick={() => setDraft(undefined)}>
              {t("cancel")}
            </Button>
          </div>
        </div>
      )}
    </section>
  );
}

function Deliveries({ id, mayRetry }: { readonly id: string; readonly mayRetry: boolean }): React.ReactNode {
  const { t } = useTranslation();
  const found = useInfiniteQuery({
    ...deliveriesQuery(id),
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((one) => one.state === "waiting")) === true
        ? LOOK_MS
        : false,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={detail["section"]} aria-labelledby="hook-deliveries">
      <h3 id="hook-deliveries">{t("admin.webhooks.deliveries")}</h3>
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading rows={2} />
      ) : items.length === 0 ? (
        <p className={detail["mild"]}>{t("admin.webhooks.noDeliveries")}</p>
      ) : (
        <>
          <ul className={detail["plain"]} aria-labelledby="hook-deliveries">
            {items.map((one) => (
              <Delivery key={one.id} hookId={id} delivery={one} mayRetry={mayRetry} />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
    </section>
  );
}

function Delivery({
  hookId,
  delivery,
  mayRetry,
}: {
  readonly hookId: string;
  readonly delivery: WebhookDelivery;
  readonly mayRetry: boolean;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const { id, event, subject, at, state, attempts, nextAttemptAt, lastStatus, lastError } = delivery;
  const error = ERRORS.find((one) => one === lastError);
  const facts = [
    formatWhen(at, i18n.language, new Date()),
    attempts > 0 ? t("admin.webhooks.attempts", { count: attempts }) : null,
    lastStatus === null ? null : t("admin.webhooks.answered", { status: lastStatus }),
    error === undefined || error === "status" ? null : t(`admin.webhooks.errors.${error}`),
    state === "waiting" && nextAttemptAt !== null
      ? t("admin.webhooks.next", { when: formatLong(nextAttemptAt, i18n.language) })
      : null,
  ].filter((one) => one !== null);
  return (
    <li className={classes["delivery"]}>
      <div>
        <p>
          <span className={detail["mono"]}>{event}</span> {readable(subject)}
        </p>
        <p className={detail["mild"]}>{facts.join(" · ")}</p>
      </div>
      <span className={detail["buttons"]}>
        <Badge tone={TONES[state]}>{t(`admin.webhooks.deliveryStates.${state}`)}</Badge>
        {mayRetry && state !== "done" && (
          <Button
            size="xs"
            variant="default"
            loading={isBusy}
            onClick={() => void run(async () => retryDelivery(hookId, id), t("admin.webhooks.retried"))}
          >
            {t("admin.webhooks.retry")}
          </Button>
        )}
      </span>
    </li>
  );
}
