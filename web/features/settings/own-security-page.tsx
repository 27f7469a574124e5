import { ActionIcon, Button } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { MailboxAccess, SupportAccess } from "../../../src/contract/support-access.ts";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { useTitle } from "../../ui/use-title.ts";
import { MoreButton } from "../admin/more-button.tsx";
import { Failure, Loading } from "../admin/page-parts.tsx";
import { useDoing } from "../admin/use-doing.ts";
import { actorWords } from "../audit/actor-words.ts";
import { SessionRow, SignInRow } from "../security/rows.tsx";
import {
  accessLogQuery,
  decideOwnSupport,
  endOwnSession,
  ownSecurityQuery,
  ownSignInsQuery,
  ownSupportQuery,
} from "../security/security-data.ts";
import rows from "../security/security.module.css";
import classes from "./settings-page.module.css";

/** Where one is signed in, from where, and who else had access to one's mailbox. */
export function OwnSecurityPage(): React.ReactNode {
  const { t } = useTranslation();
  useTitle(t("admin.ownSecurity.title"));
  return (
    <main className={classes["page"]}>
      <header className={classes["head"]}>
        <ActionIcon
          component={Link}
          to="/settings"
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("admin.ownSecurity.back")}
        >
          <IconArrowLeft size={21} />
        </ActionIcon>
        <h1>{t("admin.ownSecurity.title")}</h1>
      </header>
      <Support />
      <Sessions />
      <Accesses />
      <SignIns />
    </main>
  );
}

function Section({
  id,
  lead,
  children,
}: {
  readonly id: "support" | "sessions" | "signIns" | "accesses";
  readonly lead: string;
  readonly children: React.ReactNode;
}): React.ReactNode {
  const { t } = useTranslation();
  return (
    <section className={classes["section"]} aria-labelledby={`own-${id}`}>
      <h2 id={`own-${id}`}>{t(`admin.ownSecurity.${id}`)}</h2>
      <p className={classes["label"]}>{lead}</p>
      {children}
    </section>
  );
}

/** The operator's staff asks to see this mailbox; nothing stands here when nobody does. */
function Support(): React.ReactNode {
  const { t } = useTranslation();
  const { data } = useQuery({ ...ownSupportQuery, retry: false });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Section id="support" lead={t("admin.ownSecurity.supportLead")}>
      {data.items.map((one) => (
        <Asked key={one.id} access={one} />
      ))}
    </Section>
  );
}

function Asked({ access }: { readonly access: SupportAccess }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { isBusy, run } = useDoing();
  const { id, operator, reason, hours, state, expiresAt } = access;
  const decide = (step: "agree" | "refuse" | "end", done: string): void =>
    void run(async () => decideOwnSupport(id, step), done);
  return (
    <div className={rows["ask"]}>
      <p>
        {state === "granted" && expiresAt !== null
          ? t("admin.ownSecurity.open", { operator, until: formatLong(expiresAt, i18n.language) })
          : t("admin.ownSecurity.asked", { operator, count: hours })}
      </p>
      <p className={rows["mild"]}>{t("admin.support.because", { reason })}</p>
      <div className={rows["buttons"]}>
        {state === "granted" ? (
          <Button loading={isBusy} onClick={() => decide("end", t("admin.support.endedNow"))}>
            {t("admin.support.end")}
          </Button>
        ) : (
          <>
            <Button loading={isBusy} onClick={() => decide("agree", t("admin.ownSecurity.agreed"))}>
              {t("admin.ownSecurity.agree")}
            </Button>
            <Button
              variant="default"
              loading={isBusy}
              onClick={() => decide("refuse", t("admin.support.refusedNow"))}
            >
              {t("admin.support.refuse")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

function Sessions(): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery(ownSecurityQuery);
  return (
    <Section id="sessions" lead={t("admin.ownSecurity.sessionsLead")}>
      {found.data !== undefined ? (
        <ul className={rows["own"]} aria-labelledby="own-sessions">
          {found.data.sessions.map((session) => (
            <SessionRow
              key={session.id}
              session={session}
              withName={false}
              onEnd={async () => endOwnSession(session.id)}
            />
          ))}
        </ul>
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading rows={2} />
      )}
    </Section>
  );
}

function SignIns(): React.ReactNode {
  const { t } = useTranslation();
  const found = useInfiniteQuery(ownSignInsQuery);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section id="signIns" lead={t("admin.ownSecurity.signInsLead")}>
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading rows={3} />
      ) : (
        <>
          <ul className={rows["own"]} aria-labelledby="own-signIns">
            {items.map((record) => (
              <SignInRow key={record.id} record={record} withAddress={false} />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
    </Section>
  );
}

function Accesses(): React.ReactNode {
  const { t } = useTranslation();
  const found = useInfiniteQuery(accessLogQuery);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section id="accesses" lead={t("admin.ownSecurity.accessesLead")}>
      {found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading rows={2} />
      ) : items.length === 0 ? (
        <p>{t("admin.ownSecurity.noAccesses")}</p>
      ) : (
        <>
          <ul className={rows["own"]} aria-labelledby="own-accesses">
            {items.map((one) => (
              <AccessRow key={one.id} access={one} />
            ))}
          </ul>
          <MoreButton list={found} />
        </>
      )}
    </Section>
  );
}

function AccessRow({ access }: { readonly access: MailboxAccess }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { at, kind, actor } = access;
  return (
    <li className={rows["row"]}>
      <div className={rows["words"]}>
        <p className={rows["who"]}>{t(`admin.ownSecurity.kinds.${kind}`)}</p>
        <p className={rows["mild"]}>{actorWords(t, actor)}</p>
      </div>
      <time className={rows["when"]} dateTime={at} title={formatLong(at, i18n.language)}>
        {formatWhen(at, i18n.language, new Date())}
      </time>
    </li>
  );
}
