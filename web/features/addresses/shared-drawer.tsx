import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type SharedMailboxDetail,
  type SharedMember,
  SharedRole,
} from "../../../src/contract/shared-mailboxes.ts";
import { formatLong } from "../../ui/format.ts";
import { DetailDrawer } from "../admin/detail-drawer.tsx";
import detail from "../admin/detail.module.css";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { AddressChoice } from "./address-choice.tsx";
import { changeShared, removeSharedMember, setSharedMember, sharedOneQuery } from "./address-data.ts";
import classes from "./addresses.module.css";

/** All about one shared mailbox: who may read it, and who may write in its name. */
export function SharedDrawer({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...sharedOneQuery(id ?? ""), enabled: id !== undefined });
  return (
    <DetailDrawer
      opened={id !== undefined}
      title={found.data?.name ?? t("admin.shared.one")}
      onClose={onClose}
      found={found}
      unknown={t("admin.shared.unknown")}
    >
      {(mailbox) => <Shown key={mailbox.id} mailbox={mailbox} />}
    </DetailDrawer>
  );
}

function Shown({ mailbox }: { readonly mailbox: SharedMailboxDetail }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState<SharedRole>("editor");
  const { id, address, members, disabled } = mailbox;
  const mayWrite = may("mailboxes:write");
  return (
    <>
      <p className={classes["mild"]}>{address}</p>
      <section className={detail["section"]} aria-labelledby="shared-members">
        <h3 id="shared-members">{t("admin.shared.who")}</h3>
        {members.length === 0 && <p className={classes["mild"]}>{t("admin.shared.nobody")}</p>}
        <ul className={classes["members"]}>
          {members.map((member) => (
            <MemberRow
              key={`${member.identifier} ${member.validFrom ?? ""}`}
              mailboxId={id}
              member={member}
            />
          ))}
        </ul>
        {mayWrite && (
          <form
            className={classes["inLine"]}
            onSubmit={(event) => {
              event.preventDefault();
              if (typed.trim() === "") return;
              void run(async () => {
                await setSharedMember(id, typed.trim(), role);
                setTyped("");
              });
            }}
          >
            <AddressChoice isInLine label={t("admin.shared.newMember")} value={typed} onChange={setTyped} />
            <NativeSelect
              aria-label={t("admin.people.role")}
              value={role}
              data={SharedRole.options.map((value) => ({
                value,
                label: t(`admin.shared.roles.${value}.title`),
              }))}
              onChange={(event) => {
                const chosen = SharedRole.safeParse(event.currentTarget.value);
                if (chosen.success) setRole(chosen.data);
              }}
            />
            <Button type="submit" variant="default" loading={isBusy}>
              {t("admin.add")}
            </Button>
          </form>
        )}
      </section>
      <section className={detail["section"]} aria-labelledby="shared-roles">
        <h3 id="shared-roles">{t("admin.shared.rolesTitle")}</h3>
        <dl className={classes["roles"]}>
          {SharedRole.options.map((value) => (
            <div key={value}>
              <dt>{t(`admin.shared.roles.${value}.title`)}</dt>
              <dd>{t(`admin.shared.roles.${value}.text`)}</dd>
            </div>
          ))}
        </dl>
      </section>
      {mayWrite && (
        <section className={detail["section"]} aria-labelledby="shared-end">
          <h3 id="shared-end">{t("admin.shared.end")}</h3>
          <p className={classes["mild"]}>{t("admin.shared.endWords")}</p>
          <Button
            variant="default"
            className={classes["after"] ?? ""}
            loading={isBusy}
            onClick={() => void run(async () => changeShared(id, { disabled: !disabled }), t("admin.saved"))}
          >
            {t(disabled ? "admin.people.enable" : "admin.people.disable")}
          </Button>
        </section>
      )}
    </>
  );
}

function MemberRow({
  mailboxId,
  member,
}: {
  readonly mailboxId: string;
  readonly member: SharedMember;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const { identifier, name, kind, role, validFrom, validUntil } = member;
  // What a term gives is changed where the terms are.
  const isTerm = validFrom !== null || validUntil !== null;
  const shown = kind === "anyone" ? t("admin.shared.anyone") : name === "" ? identifier : name;
  return (
    <li>
      <span>
        {shown}
        {kind !== "anyone" && name !== "" && <span className={classes["mild"]}> {identifier}</span>}
        {isTerm && (
          <span className={classes["mild"]}>
            {" · "}
            <Link to="/admin/mandates">{t("admin.shared.term")}</Link>
            {validUntil !== null &&
              ` ${t("admin.shared.until", { when: formatLong(validUntil, i18n.language) })}`}
          </span>
        )}
      </span>
      {may("mailboxes:write") && !isTerm ? (
        <span className={classes["tools"]}>
          <NativeSelect
            aria-label={t("admin.shared.roleOf", { name: shown })}
            value={role}
            disabled={isBusy}
            data={SharedRole.options.map((value) => ({
              value,
              label: t(`admin.shared.roles.${value}.title`),
            }))}
            onChange={(event) => {
              const chosen = SharedRole.safeParse(event.currentTarget.value);
              if (chosen.success)
                void run(async () => setSharedMember(mailboxId, identifier, chosen.data), t("admin.saved"));
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            disabled={isBusy}
            aria-label={t("admin.groups.removeMember", { address: shown })}
            onClick={() => void run(async () => removeSharedMember(mailboxId, identifier))}
          >
            <IconX size={17} />
          </ActionIcon>
        </span>
      ) : (
        <span>{t(`admin.shared.roles.${role}.title`)}</span>
      )}
    </li>
  );
}
