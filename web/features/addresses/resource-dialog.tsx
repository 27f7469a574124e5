import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Resource, ResourceKind } from "../../../src/contract/shared-mailboxes.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import { useUsableDomains } from "../people/use-usable-domains.ts";
import { AddressChoice } from "./address-choice.tsx";
import { addResource, changeResource } from "./address-data.ts";
import { NewAddress } from "./new-address.tsx";

const SEATS_MAX = 100_000;

/** Adds a room or a piece of equipment, or changes one. @param resource null: a new one */
export function ResourceDialog({
  resource,
  onClose,
}: {
  readonly resource: Resource | null;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const domains = useUsableDomains();
  const [kind, setKind] = useState<ResourceKind>(resource?.kind ?? "room");
  const [name, setName] = useState(resource?.name ?? "");
  const [local, setLocal] = useState("");
  const [domain, setDomain] = useState<string>();
  const [seats, setSeats] = useState(resource?.capacity === null ? "" : String(resource?.capacity ?? ""));
  const [description, setDescription] = useState(resource?.description ?? "");
  const [manager, setManager] = useState(resource?.managers[0] ?? "");
  const [disabled, setDisabled] = useState(resource?.disabled ?? false);
  const [isTried, setTried] = useState(false);
  const isNameless = name.trim() === "";
  const isMissing = resource === null && (local.trim() === "" || local.includes("@"));
  const capacity = seats.trim() === "" ? null : Number(seats);
  const isNoNumber =
    capacity !== null && !(Number.isInteger(capacity) && capacity > 0 && capacity <= SEATS_MAX);
  // What the form does not show stays: further managers were named by a program.
  const managers = [...new Set([manager.trim(), ...(resource?.managers.slice(1) ?? [])])].filter(
    (one) => one !== "",
  );
  return (
    <FormDialog
      title={resource === null ? t("admin.resources.addTitle") : resource.name}
      action={t(resource === null ? "admin.resources.add" : "admin.save")}
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (isMissing || isNameless || isNoNumber) return;
        const said = { name: name.trim(), kind, capacity, description: description.trim(), managers };
        if (resource === null)
          await addResource({ ...said, address: `${local.trim()}@${domain ?? domains[0] ?? ""}` });
        else await changeResource(resource.id, { ...said, disabled });
        onClose();
      }}
    >
      <NativeSelect
        label={t("admin.resources.kind")}
        value={kind}
        data={ResourceKind.options.map((value) => ({ value, label: t(`admin.resources.kinds.${value}`) }))}
        onChange={(event) => {
          const wanted = ResourceKind.safeParse(event.currentTarget.value);
          if (wanted.success) setKind(wanted.data);
        }}
      />
      <TextInput
        data-autofocus
        label={t("admin.shared.name")}
        placeholder={t("admin.resources.namePlaceholder")}
        value={name}
        maxLength={200}
        error={isTried && isNameless ? t("admin.people.fault.name") : undefined}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {resource === null && (
        <NewAddress
          label={t("admin.people.address")}
          local={local}
          domain={domain ?? domains[0] ?? ""}
          domains={domains}
          error={isTried && isMissing ? t("admin.people.fault.address") : undefined}
          onChange={(part) => {
            if (part.local !== undefined) setLocal(part.local);
            if (part.domain !== undefined) setDomain(part.domain);
          }}
        />
      )}
      <TextInput
        label={t("admin.resources.capacity")}
        inputMode="numeric"
        value={seats}
        error={isTried && isNoNumber ? t("admin.resources.noNumber") : undefined}
        autoComplete="off"
        onChange={(event) => setSeats(event.currentTarget.value)}
      />
      <AddressChoice
        label={t("admin.resources.manager")}
        hint={t("admin.resources.managerHint")}
        value={manager}
        onChange={setManager}
      />
      <Textarea
        label={t("admin.resources.description")}
        value={description}
        maxLength={2_000}
        autosize
        minRows={2}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {resource !== null && (
        <Checkbox
          label={t("admin.resources.off")}
          description={t("admin.resources.offHint")}
          checked={disabled}
          onChange={(event) => setDisabled(event.currentTarget.checked)}
        />
      )}
    </FormDialog>
  );
}
