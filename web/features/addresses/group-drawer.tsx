import { ActionIcon, Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type GroupDetail, GroupSenders } from "../../../src/contract/addresses.ts";
import { confirm } from "../../ui/confirm.tsx";
import { DetailDrawer } from "../admin/detail-drawer.tsx";
import detail from "../admin/detail.module.css";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { AddressChoice } from "./address-choice.tsx";
import { addMember, changeGroup, groupQuery, removeGroup, removeMember } from "./address-data.ts";
import classes from "./addresses.module.css";

/** All about one group. */
export function GroupDrawer({
  address,
  onClose,
}: {
  readonly address: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...groupQuery(address ?? ""), enabled: address !== undefined });
  const name = found.data?.name ?? "";
  return (
    <DetailDrawer
      opened={address !== undefined}
      title={name === "" ? (address ?? "") : name}
      onClose={onClose}
      found={found}
      unknown={t("admin.groups.unknown")}
    >
      {(group) => <Shown key={group.address} group={group} onClose={onClose} />}
    </DetailDrawer>
  );
}

function Shown({
  group,
  onClose,
}: {
  readonly group: GroupDetail;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [name, setName] = useState(group.name);
  const [typed, setTyped] = useState("");
  const { address, senders, sendAs, members } = group;
  const mayWrite = may("addresses:write");
  return (
    <>
      <p className={classes["mild"]}>{address}</p>
      <section className={detail["section"]} aria-labelledby="group-members">
        <h3 id="group-members">{t("admin.groups.members", { count: members.length })}</h3>
        <ul className={classes["members"]}>
          {members.map((member) => (
            <li key={member.address}>
              <span>
                {member.address}
                {member.kind !== "person" && (
                  <span className={classes["mild"]}> · {t(`admin.groups.kinds.${member.kind}`)}</span>
                )}
              </span>
              {mayWrite && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  disabled={isBusy}
                  aria-label={t("admin.groups.removeMember", { address: member.address })}
                  onClick={() => void run(async () => removeMember(address, member.address))}
                >
                  <IconX size={17} />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
        {mayWrite && (
          <form
            className={classes["inLine"]}
            onSubmit={(event) => {
              event.preventDefault();
              if (typed.trim() === "") return;
              void run(async () => {
                await addMember(address, typed.trim());
                setTyped("");
              });
            }}
          >
            <AddressChoice isInLine label={t("admin.groups.newMember")} value={typed} onChange={setTyped} />
            <Button type="submit" variant="default" loading={isBusy}>
              {t("admin.add")}
            </Button>
          </form>
        )}
      </section>
      {mayWrite && (
        <section className={classes["settings"]} aria-label={t("admin.groups.settings")}>
          <form
            className={classes["inLine"]}
            onSubmit={(event) => {
              event.preventDefault();
              void run(async () => changeGroup(address, { name: name.trim() }), t("admin.saved"));
            }}
          >
            <TextInput
              label={t("admin.groups.name")}
              value={name}
              maxLength={200}
              autoComplete="off"
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {name.trim() !== group.name && (
              <Button type="submit" loading={isBusy}>
                {t("admin.save")}
              </Button>
            )}
          </form>
          <NativeSelect
            label={t("admin.groups.whoWrites")}
            value={senders}
            disabled={isBusy}
            data={GroupSenders.options.map((value) => ({
              value,
              label: t(`admin.groups.senders.${value}`),
            }))}
            onChange={(event) => {
              const chosen = GroupSenders.safeParse(event.currentTarget.value);
              if (chosen.success)
                void run(async () => changeGroup(address, { senders: chosen.data }), t("admin.saved"));
            }}
          />
          <Checkbox
            label={t("admin.groups.sendAs")}
            description={t("admin.groups.sendAsHint")}
            checked={sendAs}
            disabled={isBusy}
            onChange={(event) => {
              const wanted = event.currentTarget.checked;
              void run(async () => changeGroup(address, { sendAs: wanted }), t("admin.saved"));
            }}
          />
          <Button
            variant="default"
            className={classes["start"] ?? ""}
            loading={isBusy}
            onClick={() =>
              void (async () => {
                const ask = t("admin.groups.removeAsk", { address });
                if (!(await confirm(ask, t("admin.groups.remove"), "danger"))) return;
                if (await run(async () => removeGroup(address), t("admin.groups.removed"))) onClose();
              })()
            }
          >
            {t("admin.groups.remove")}
          </Button>
        </section>
      )}
    </>
  );
}
