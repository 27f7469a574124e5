import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { HELD_STATES, HeldState, HOLD_CODES, HoldReason } from "../../../src/contract/quarantine.ts";
import { heldListQuery } from "./admin-data.ts";
import { HeldDrawer } from "./held-drawer.tsx";
import { HeldRow } from "./held-row.tsx";
import { OlderButton } from "./older-button.tsx";
import { Empty, Failure, Loading, PageHead } from "./page-parts.tsx";
import { useHeldActions } from "./use-held-actions.ts";
import { useSelection } from "./use-selection.ts";
import classes from "./list.module.css";

/** What was held back, why, and the decision about it. */
export function QuarantinePage(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/quarantine" });
  const { held, state = "waiting", ...wanted } = useSearch({ from: "/admin/quarantine" });
  const page = useQuery(heldListQuery({ ...wanted, state, limit: 50 }));
  const items = page.data?.items ?? [];
  const selection = useSelection(items.filter((one) => one.state === "waiting").map((one) => one.id));
  const { decide, busy } = useHeldActions();
  const isFiltered = Object.values(wanted).some((value) => value !== undefined);
  const isSome = selection.ids.length > 0;
  return (
    <>
      <PageHead title={t("admin.quarantine.title")} lead={t("admin.quarantine.lead")} />
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
          const reason = HoldReason.shape.code.safeParse(form.get("reason"));
          const chosen = HeldState.safeParse(form.get("state"));
          void navigate({
            search: {
              q: text("q"),
              recipient: text("recipient"),
              reason: reason.success ? reason.data : undefined,
              state: chosen.success ? chosen.data : undefined,
            },
          });
        }}
      >
        <TextInput name="q" label={t("admin.quarantine.text")} defaultValue={wanted.q ?? ""} />
        <TextInput
          name="recipient"
          label={t("admin.recipient")}
          defaultValue={wanted.recipient ?? ""}
          spellCheck={false}
        />
        <NativeSelect
          name="reason"
          label={t("admin.quarantine.reason")}
          defaultValue={wanted.reason ?? ""}
          data={[
            { value: "", label: t("admin.quarantine.anyReason") },
            ...HOLD_CODES.map((value) => ({ value, label: t(`admin.reasons.${value}`) })),
          ]}
        />
        <NativeSelect
          name="state"
          label={t("admin.quarantine.state")}
          defaultValue={state}
          data={HELD_STATES.map((value) => ({ value, label: t(`admin.quarantine.states.${value}`) }))}
        />
        <Button type="submit">{t("admin.show")}</Button>
      </form>
      {page.isError ? (
        <Failure error={page.error} onRetry={() => void page.refetch()} />
      ) : page.data === undefined ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty
          Icon={IconShieldCheck}
          title={t(
            isFiltered || state !== "waiting" ? "admin.quarantine.noneFound" : "admin.quarantine.empty",
          )}
          hint={t("admin.quarantine.emptyHint")}
        />
      ) : (
        <>
          {state === "waiting" && (
            <div className={classes["bar"]} data-active={isSome}>
              <Checkbox
                aria-label={t("admin.selectAll")}
                checked={selection.ids.length === items.length}
                indeterminate={isSome && selection.ids.length < items.length}
                onChange={(event) => selection.setAll(event.currentTarget.checked)}
              />
              <span className={classes["count"]} role="status">
                {isSome
                  ? t("admin.selected", { count: selection.ids.length })
                  : t("admin.quarantine.shown", { count: items.length })}
              </span>
              {isSome && (
                <>
                  <Button
                    size="compact-md"
                    variant="default"
                    disabled={busy}
                    onClick={() => void decide("release", selection.ids)}
                  >
                    {t("admin.quarantine.release")}
                  </Button>
                  <Button
                    size="compact-md"
                    color="brick"
                    disabled={busy}
                    onClick={() => void decide("delete", selection.ids)}
                  >
                    {t("admin.quarantine.delete")}
                  </Button>
                </>
              )}
            </div>
          )}
          <ul className={classes["list"]} aria-label={t("admin.quarantine.title")}>
            {items.map((one) => (
              <HeldRow
                key={one.id}
                held={one}
                selected={selection.has(one.id)}
                onSelect={one.state === "waiting" ? () => selection.toggle(one.id) : undefined}
                onOpen={() => void navigate({ search: (old) => ({ ...old, held: one.id }) })}
              />
            ))}
          </ul>
          <OlderButton
            cursor={page.data.nextCursor}
            onOlder={(next) => void navigate({ search: (old) => ({ ...old, cursor: next }) })}
          />
        </>
      )}
      <HeldDrawer id={held} onClose={() => void navigate({ search: ({ held: _closed, ...rest }) => rest })} />
    </>
  );
}
