import { NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { FileDrop } from "../../ui/file-drop.tsx";
import { ADMIN_LOGINS, linesOf, type ServerDraft } from "./server-draft.ts";
import classes from "./migration.module.css";

type Fault = "address" | "password" | "csv" | "admin" | "secret" | "addresses";

interface WhoseProps {
  readonly draft: ServerDraft;
  readonly set: (part: Partial<ServerDraft>) => void;
  readonly faultOf: (field: Fault) => string | undefined;
}

/** The fields that belong to whose mail is fetched. */
export function Whose(props: WhoseProps): React.ReactNode {
  const { whose } = props.draft;
  if (whose === "one") return <One {...props} />;
  return whose === "list" ? <List {...props} /> : <Admin {...props} />;
}

const plain = { autoCapitalize: "none", autoComplete: "off", spellCheck: false } as const;

function One({ draft, set, faultOf }: WhoseProps): React.ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        {...plain}
        label={t("admin.migrations.address")}
        description={t("admin.migrations.addressHint")}
        value={draft.address}
        error={faultOf("address")}
        onChange={(event) => set({ address: event.currentTarget.value })}
      />
      <TextInput
        {...plain}
        label={t("admin.migrations.user")}
        description={t("admin.migrations.userHint")}
        value={draft.user}
        onChange={(event) => set({ user: event.currentTarget.value })}
      />
      <Secret
        label={t("admin.migrations.password")}
        value={draft.password}
        error={faultOf("password")}
        onChange={(password) => set({ password })}
      />
    </>
  );
}

function List({ draft, set, faultOf }: WhoseProps): React.ReactNode {
  const { t } = useTranslation();
  const lines = (draft.csv ?? "").split(/\r?\n/).filter((line) => line.trim() !== "").length;
  const fault = faultOf("csv");
  return (
    <div>
      <FileDrop
        label={draft.csv === undefined ? t("admin.migrations.list") : draft.csvName}
        hint={
          draft.csv === undefined
            ? t("admin.migrations.listHint")
            : t("admin.migrations.lines", { count: lines })
        }
        button={t("admin.migrations.chooseList")}
        accept=".csv,.txt,text/csv,text/plain"
        onFiles={([file]) => {
          void file?.text().then((csv) => set({ csv, csvName: file.name }));
        }}
      />
      {fault !== undefined && <p className={classes["fault"]}>{fault}</p>}
    </div>
  );
}

function Admin({ draft, set, faultOf }: WhoseProps): React.ReactNode {
  const { t } = useTranslation();
  const { login } = draft;
  return (
    <>
      <NativeSelect
        label={t("admin.migrations.login")}
        value={login}
        data={ADMIN_LOGINS.map((value) => ({ value, label: t(`admin.migrations.logins.${value}`) }))}
        onChange={(event) =>
          set({ login: ADMIN_LOGINS.find((one) => one === event.currentTarget.value) ?? "master-user" })
        }
      />
      {login !== "token" && (
        <TextInput
          {...plain}
          label={t("admin.migrations.admin")}
          value={draft.admin}
          error={faultOf("admin")}
          onChange={(event) => set({ admin: event.currentTarget.value })}
        />
      )}
      <Secret
        label={t(login === "token" ? "admin.migrations.token" : "admin.migrations.adminPassword")}
        value={draft.secret}
        error={faultOf("secret")}
        onChange={(secret) => set({ secret })}
      />
      <Textarea
        {...plain}
        label={t("admin.migrations.addresses")}
        description={t("admin.migrations.addressesHint", { count: linesOf(draft.addresses).length })}
        autosize
        minRows={4}
        maxRows={14}
        value={draft.addresses}
        error={faultOf("addresses")}
        onChange={(event) => set({ addresses: event.currentTarget.value })}
      />
    </>
  );
}

interface SecretProps {
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function Secret({ label, value, error, onChange }: SecretProps): React.ReactNode {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={label}
      description={t("admin.migrations.secretHint")}
      value={value}
      error={error}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ "aria-label": t("password.toggle"), tabIndex: 0 }}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
