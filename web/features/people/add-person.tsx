import { Modal, NativeSelect, Radio, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NewPersonRole } from "../../../src/contract/people.ts";
import { currentLanguage } from "../../app/i18n.ts";
import { FormDialog } from "../admin/form-dialog.tsx";
import dialog from "../admin/form-dialog.module.css";
import { useMay } from "../admin/roles.ts";
import { useUsableDomains } from "./use-usable-domains.ts";
import { addPerson } from "./people-data.ts";
import { type Secret, SecretShown } from "./secret-shown.tsx";
import classes from "./people.module.css";

const WAYS = ["link", "letter", "generate"] as const;
type Way = (typeof WAYS)[number];

/** A part of an address made from a name: `Nίκος Ιωάννου` stays for the person to type, `Ana Péllet` becomes `ana.pellet`. */
function suggest(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ".")
    .replaceAll(/^\.+|\.+$/g, "");
}

/** One new person: a name, an address, and how they get in. */
export function AddPerson({ onClose }: { readonly onClose: () => void }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const domains = useUsableDomains();
  const [name, setName] = useState("");
  const [localPart, setLocalPart] = useState<string>();
  const [chosenDomain, setDomain] = useState<string>();
  const [way, setWay] = useState<Way>("link");
  const [to, setTo] = useState("");
  const [role, setRole] = useState("");
  const [isTried, setTried] = useState(false);
  const [secret, setSecret] = useState<Secret>();
  const local = localPart ?? suggest(name);
  const domain = chosenDomain ?? domains[0] ?? "";
  const faults = {
    name: name.trim() === "" ? t("admin.people.fault.name") : undefined,
    local: local.trim() === "" || local.includes("@") ? t("admin.people.fault.address") : undefined,
    to:
      way === "letter" && !/^\S+@\S+\.\S+$/.test(to.trim())
        ? t("admin.domains.ways.mail.toNeeded")
        : undefined,
  };

  if (secret !== undefined)
    return (
      <Modal
        opened
        onClose={onClose}
        title={t("admin.people.added", { name })}
        closeButtonProps={{ "aria-label": t("close") }}
        classNames={{ title: dialog["title"] ?? "" }}
      >
        <SecretShown secret={secret} onDone={onClose} />
      </Modal>
    );
  return (
    <FormDialog
      title={t("admin.people.addTitle")}
      action={t("admin.people.add")}
      onClose={onClose}
      onSubmit={async () => {
        setTried(true);
        if (Object.values(faults).some((fault) => fault !== undefined)) return;
        const wantedRole = NewPersonRole.safeParse(role);
        const answer = await addPerson({
          address: `${local.trim()}@${domain}`,
          name: name.trim(),
          locale: currentLanguage(),
          ...(wantedRole.success && { role: wantedRole.data }),
          access:
            way === "generate"
              ? { by: "generate" }
              : { by: "invite", ...(way === "letter" && { to: to.trim() }) },
        });
        const { password, invitation, address } = answer;
        setSecret(
          invitation === null
            ? { kind: "password", value: password ?? "", address, sentTo: null, expiresAt: null }
            : { kind: "link", value: invitation.link, address, ...invitation },
        );
      }}
    >
      <TextInput
        data-autofocus
        label={t("admin.people.name")}
        value={name}
        error={isTried ? faults.name : undefined}
        autoComplete="off"
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div className={classes["address"]}>
        <TextInput
          label={t("admin.people.address")}
          value={local}
          error={isTried ? faults.local : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          onChange={(event) => setLocalPart(event.currentTarget.value)}
        />
        <span aria-hidden="true">@</span>
        <NativeSelect
          aria-label={t("admin.people.domain")}
          value={domain}
          data={domains}
          onChange={(event) => setDomain(event.currentTarget.value)}
        />
      </div>
      <Radio.Group
        label={t("admin.people.access")}
        value={way}
        onChange={(value) => setWay(WAYS.find((one) => one === value) ?? "link")}
      >
        <div className={classes["radios"]}>
          {WAYS.map((value) => (
            <Radio
              key={value}
              value={value}
              label={t(`admin.people.ways.${value}.title`)}
              description={t(`admin.people.ways.${value}.text`)}
            />
          ))}
        </div>
      </Radio.Group>
      {way === "letter" && (
        <TextInput
          type="email"
          label={t("admin.people.presentAddress")}
          value={to}
          error={isTried ? faults.to : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
      )}
      {may("roles:write") && (
        <NativeSelect
          label={t("admin.people.role")}
          value={role}
          data={[
            { value: "", label: t("admin.people.noRole") },
            ...NewPersonRole.options.map((value) => ({ value, label: t(`admin.people.roles.${value}`) })),
          ]}
          onChange={(event) => setRole(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}
