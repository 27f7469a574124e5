import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Incident, ServiceStatus } from "../../../src/contract/notices.ts";
import { explain } from "../../app/explain.ts";
import { getJson } from "../../app/http.ts";
import { formatFull } from "../../ui/format.ts";
import { PublicPage } from "../../ui/public-page.tsx";
import { useTitle } from "../../ui/use-title.ts";
import form from "../../ui/form.module.css";
import classes from "./service-page.module.css";

const REFRESH_MS = 60_000;

const statusQuery = queryOptions({
  queryKey: ["service-status"],
  queryFn: async ({ signal }) => getJson("/service-status", ServiceStatus, signal),
  refetchInterval: REFRESH_MS,
});

/** How the service is: for everybody, signed in or not. */
export function ServicePage(): React.ReactNode {
  const { t, i18n } = useTranslation();
  useTitle(t("service.title"));
  const { data: status, error } = useQuery(statusQuery);
  return (
    <PublicPage wide>
      <h1 className={form["title"]}>{t("service.title")}</h1>
      {error !== null && status === undefined && <p role="alert">{explain(t, error)}</p>}
      {status !== undefined && (
        <>
          <Summary status={status} />
          <ul className={classes["parts"]}>
            {status.parts.map(({ part, state }) => (
              <li key={part}>
                <span>{t(`service.parts.${part}`)}</span>
                <span className={classes["state"]} data-state={state}>
                  {t(`service.states.${state}`)}
                </span>
              </li>
            ))}
          </ul>
          <p className={classes["looked"]}>
            {t("service.lookedAt", { when: formatFull(status.at, i18n.language) })}
          </p>
          <Incidents id="current" incidents={status.current} />
          <Incidents id="past" incidents={status.past} />
        </>
      )}
    </PublicPage>
  );
}

function Summary({ status }: { readonly status: ServiceStatus }): React.ReactNode {
  const { t } = useTranslation();
  const isFine = status.parts.every(({ state }) => state === "ok");
  const isWorkOnly = status.parts.every(({ state }) => state === "ok" || state === "maintenance");
  return (
    <p className={form["lead"]} role="status">
      {t(isFine ? "service.fine" : isWorkOnly ? "service.work" : "service.trouble")}
    </p>
  );
}

function Incidents({
  id,
  incidents,
}: {
  readonly id: "current" | "past";
  readonly incidents: readonly Incident[];
}): React.ReactNode {
  const { t } = useTranslation();
  if (id === "current" && incidents.length === 0) return null;
  return (
    <section className={classes["incidents"]} aria-labelledby={`incidents-${id}`}>
      <h2 id={`incidents-${id}`}>{t(`service.${id}`)}</h2>
      {incidents.length === 0 ? (
        <p className={classes["quiet"]}>{t("service.none")}</p>
      ) : (
        incidents.map((one) => <IncidentCard key={one.id} incident={one} />)
      )}
    </section>
  );
}

function IncidentCard({ incident }: { readonly incident: Incident }): React.ReactNode {
  const { t, i18n } = useTranslation();
  /** What the operator said in the reader's language, else in English. */
  const words = (texts: Readonly<Record<string, string>>): { text: string; lang: string } => {
    const own = texts[i18n.language];
    return own === undefined ? { text: texts["en"] ?? "", lang: "en" } : { text: own, lang: i18n.language };
  };
  const title = words(incident.title);
  const date = (iso: string): string => formatFull(iso, i18n.language);
  return (
    <article className={classes["incident"]} data-kind={incident.kind}>
      <h3 lang={title.lang}>{title.text}</h3>
      <p className={classes["quiet"]}>
        {t(`service.kinds.${incident.kind}`)} ·{" "}
        {incident.endsAt === null
          ? t("service.since", { from: date(incident.startsAt) })
          : t("service.between", { from: date(incident.startsAt), until: date(incident.endsAt) })}
      </p>
      <p className={classes["quiet"]}>
        {incident.parts.map((part) => t(`service.parts.${part}`)).join(" · ")}
      </p>
      <ol className={classes["updates"]}>
        {incident.updates.map(({ at, state, text }) => {
          const said = words(text);
          return (
            <li key={at}>
              <p className={classes["quiet"]}>
                <strong>{t(`service.steps.${state}`)}</strong> · <time dateTime={at}>{date(at)}</time>
              </p>
              <p lang={said.lang}>{said.text}</p>
            </li>
          );
        })}
      </ol>
    </article>
  );
}
