import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../../src/contract/people.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong, formatSpace } from "../../ui/format.ts";
import { Forwarding } from "../addresses/forwarding.tsx";
import { DetailDrawer } from "../admin/detail-drawer.tsx";
import detail from "../admin/detail.module.css";
import { Badge } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import {
  addAlias,
  changePerson,
  invite,
  newPassword,
  personQuery,
  removeAlias,
  removePerson,
  restorePerson,
  signOutPerson,
} from "./people-data.ts";
import { PersonForm } from "./person-form.tsx";
import { PERSON_TONES } from "./person-words.ts";
import { type Secret, SecretShown } from "./secret-shown.tsx";
import { useUsableDomains } from "./use-usable-domains.ts";
import classes from "./people.module.css";

/** All about one person, and what can be done for them. */
export function PersonDrawer({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...personQuery(id ?? ""), enabled: id !== undefined });
  return (
    <DetailDrawer
      opened={id !== undefined}
      title={found.data?.name ?? t("admin.people.one")}
      onClose={onClose}
      found={found}
      unknown={t("admin.people.unknown")}
    >
      {(person) => <Shown key={person.id} person={person} />}
    </DetailDrawer>
  );
}

function Shown({ person }: { readonly person: PersonDetail }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const [isEditing, setEditing] = useState(false);
  const { address, state, roles, usedBytes, quotaBytes, lastSignInAt, groups, jobTitle, unit, phone } =
    person;
  if (isEditing) return <PersonForm person={person} onClose={() => setEditing(false)} />;
  return (
    <>
      <dl className={detail["facts"]}>
        <dt>{t("admin.people.stateOf")}</dt>
        <dd>
          <Badge tone={PERSON_TONES[state]}>{t(`admin.people.states.${state}`)}</Badge>
        </dd>
        <dt>{t("admin.people.address")}</dt>
        <dd>{address}</dd>
        {roles.length > 0 && (
          <>
            <dt>{t("admin.people.role")}</dt>
            <dd>{roles.map((role) => t(`admin.people.roles.${role}`)).join(", ")}</dd>
          </>
        )}
        {[jobTitle, unit, phone].some((one) => one !== "") && (
          <>
            <dt>{t("admin.people.card")}</dt>
            <dd>{[jobTitle, unit, phone].filter((one) => one !== "").join(" · ")}</dd>
          </>
        )}
        {groups.length > 0 && (
          <>
            <dt>{t("admin.groups.title")}</dt>
            <dd>{groups.join(", ")}</dd>
          </>
        )}
        <dt>{t("admin.people.space")}</dt>
        <dd>
          {t("admin.people.used", {
            used: formatSpace(usedBytes, i18n.language),
            quota: formatSpace(quotaBytes, i18n.language),
          })}
        </dd>
        <dt>{t("admin.people.lastSignIn")}</dt>
        <dd>{lastSignInAt === null ? t("admin.people.never") : formatLong(lastSignInAt, i18n.language)}</dd>
      </dl>
      {may("people:write") && state !== "removed" && (
        <div className={detail["buttons"]}>
          <Button variant="default" onClick={() => setEditing(true)}>
            {t("admin.change")}
          </Button>
        </div>
      )}
      {state !== "removed" && <Aliases person={person} />}
      {state !== "removed" && <Forwarding address={address} />}
      {may("people:help") && state !== "removed" && <Help person={person} />}
      {may("people:write") && <Ending person={person} />}
    </>
  );
}

function Aliases({ person }: { readonly person: PersonDetail }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const domains = useUsableDomains();
  const { isBusy, run } = useDoing();
  const [typed, setTyped] = useState("");
  const [domain, setDomain] = useState<string>();
  const { aliases, address } = person;
  const mayWrite = may("addresses:write");
  if (aliases.length === 0 && !mayWrite) return null;
  return (
    <section className={detail["section"]} aria-labelledby="person-aliases">
      <h3 id="person-aliases">{t("admin.people.aliases")}</h3>
      <ul className={classes["chips"]}>
        {aliases.map((alias) => (
          <li key={alias}>
            {alias}
            {mayWrite && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                disabled={isBusy}
                aria-label={t("admin.people.removeAlias", { alias })}
                onClick={() => void run(async () => removeAlias(alias))}
              >
                <IconX size={15} />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {mayWrite && (
        <form
          className={classes["address"]}
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() === "") return;
            void run(async () => {
              await addAlias(`${typed.trim()}@${domain ?? domains[0] ?? ""}`, address);
              setTyped("");
            });
          }}
        >
          <TextInput
            aria-label={t("admin.people.newAlias")}
            placeholder={t("admin.people.newAlias")}
            value={typed}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <span aria-hidden="true">@</span>
          <NativeSelect
            aria-label={t("admin.people.domain")}
            value={domain ?? domains[0] ?? ""}
            data={domains}
            onChange={(event) => setDomain(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={isBusy}>
            {t("admin.add")}
          </Button>
        </form>
      )}
    </section>
  );
}

/** What a help desk does: somebody forgot the password, lost a phone, or never got in. */
function Help({ person }: { readonly person: PersonDetail }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const [secret, setSecret] = useState<Secret>();
  const { id, address, name, invitation, sessions, appPasswords, state } = person;
  return (
    <section className={detail["section"]} aria-labelledby="person-help">
      <h3 id="person-help">{t("admin.people.help")}</h3>
      {invitation !== null && (
        <p className={classes["mild"]}>
          {t("admin.people.invited", { when: formatLong(invitation.expiresAt, i18n.language) })}
        </p>
      )}
      <p className={classes["mild"]}>
        {t("admin.people.signedIn", { count: sessions })} ·{" "}
        {t("admin.people.programs", { count: appPasswords })}
      </p>
      <div className={detail["buttons"]}>
        <Button
          variant="default"
          loading={isBusy}
          onClick={() =>
            void run(async () => {
              const made = await invite(id);
              setSecret({ kind: "link", value: made.link, address, ...made });
            })
          }
        >
          {t(state === "invited" ? "admin.people.inviteAgain" : "admin.people.invite")}
        </Button>
        <Button
          variant="default"
          loading={isBusy}
          onClick={() =>
            void (async () => {
              const ask = t("admin.people.passwordAsk", { name });
              if (!(await confirm(ask, t("admin.people.newPassword")))) return;
              await run(async () => {
                const value = await newPassword(id);
                setSecret({ kind: "password", value, address, sentTo: null, expiresAt: null });
              });
            })()
          }
        >
          {t("admin.people.newPassword")}
        </Button>
        <Button
          variant="default"
          loading={isBusy}
          onClick={() =>
            void (async () => {
              const ask = t("admin.people.signOutAsk", { name });
              if (!(await confirm(ask, t("admin.people.signOut")))) return;
              await run(async () => signOutPerson(id, true), t("admin.people.signedOut", { name }));
            })()
          }
        >
          {t("admin.people.signOut")}
        </Button>
      </div>
      {secret !== undefined && <SecretShown secret={secret} />}
    </section>
  );
}

/** Somebody leaves, for a while or for good. */
function Ending({ person }: { readonly person: PersonDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { isBusy, run } = useDoing();
  const { id, name, state } = person;
  return (
    <section className={detail["section"]} aria-labelledby="person-end">
      <h3 id="person-end">{t("admin.people.end")}</h3>
      <p className={classes["mild"]}>{t(`admin.people.endWords.${state}`)}</p>
      <div className={detail["buttons"]}>
        {state === "removed" ? (
          <Button
            loading={isBusy}
            onClick={() => void run(async () => restorePerson(id), t("admin.people.restored", { name }))}
          >
            {t("admin.people.restore")}
          </Button>
        ) : (
          <>
            <Button
              variant="default"
              loading={isBusy}
              onClick={() =>
                void run(async () => changePerson(id, { disabled: state !== "disabled" }), t("admin.saved"))
              }
            >
              {t(state === "disabled" ? "admin.people.enable" : "admin.people.disable")}
            </Button>
            <Button
              variant="default"
              loading={isBusy}
              onClick={() =>
                void (async () => {
                  const ask = t("admin.people.removeAsk", { name });
                  if (!(await confirm(ask, t("admin.remove"), "danger"))) return;
                  await run(async () => removePerson(id), t("admin.people.removed", { name }));
                })()
              }
            >
              {t("admin.remove")}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
