import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MandateRole } from "../../../src/contract/mandates.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import { AddressChoice } from "./address-choice.tsx";
import { sharedQuery } from "./address-data.ts";
import { addMandate } from "./mandate-data.ts";
import classes from "./addresses.module.css";

/** The beginning of a day here, as the server wants it. */
const instant = (day: string): string => new Date(`${day}T00:00:00`).toISOString();

/** Somebody takes an office, for a time or until further notice. */
export function AddMandate({ onClose }: { readonly onClose: () => void }): React.ReactNode {
  const { t } = useTranslation();
  const shared = useInfiniteQuery(sharedQuery({ limit: 200 }));
  const mailboxes = shared.data?.pages.flatMap((page) => page.items) ?? [];
  const [chosen, setChosen] = useState<string>();
  const [holder, setHolder] = useState("");
  const [role, setRole] = useState<MandateRole>("manager");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [endCurrent, setEndCurrent] = useState(true);
  const [isTried, setTried] = useState(false);
  const mailbox = chosen ?? mailboxes[0]?.address ?? "";
  const isNobody = holder.trim() === "";
  const isBackwards = from !== "" && until !== "" && until <= from;
  return (
    <FormDialog
      title={t("admin.mandates.addTitle")}
      action={t("admin.mandates.add")}
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (mailbox === "" || isNobody || isBackwards) return;
        await addMandate({
          mailbox,
          holder: holder.trim(),
          role,
          ...(from !== "" && { startsAt: instant(from) }),
          endsAt: until === "" ? null : instant(until),
          endCurrent,
        });
        onClose();
      }}
    >
      {shared.isSuccess && mailboxes.length === 0 ? (
        <p>
          {t("admin.mandates.noMailbox")} <Link to="/admin/shared">{t("admin.mandates.toShared")}</Link>
        </p>
      ) : (
        <NativeSelect
          label={t("admin.mandates.office")}
          value={mailbox}
          error={isTried && mailbox === "" ? t("admin.mandates.needed.mailbox") : undefined}
          data={mailboxes.map(({ address, name }) => ({ value: address, label: `${name} · ${address}` }))}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      )}
      <AddressChoice
        label={t("admin.mandates.holder")}
        hint={t("admin.addresses.choiceHint")}
        value={holder}
        error={isTried && isNobody ? t("admin.mandates.needed.holder") : undefined}
        onChange={setHolder}
      />
      <NativeSelect
        label={t("admin.mandates.role")}
        value={role}
        data={MandateRole.options.map((value) => ({ value, label: t(`admin.mandates.roles.${value}`) }))}
        onChange={(event) => {
          const wanted = MandateRole.safeParse(event.currentTarget.value);
          if (wanted.success) setRole(wanted.data);
        }}
      />
      <div className={classes["dates"]}>
        <TextInput
          type="date"
          label={t("admin.mandates.from")}
          description={t("admin.mandates.fromHint")}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label={t("admin.mandates.until")}
          description={t("admin.mandates.untilHint")}
          value={until}
          error={isBackwards ? t("admin.mandates.order") : undefined}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      </div>
      <Checkbox
        label={t("admin.mandates.endCurrent")}
        checked={endCurrent}
        onChange={(event) => setEndCurrent(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
