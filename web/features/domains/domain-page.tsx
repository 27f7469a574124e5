import { Button } from "@mantine/core";
import { IconArrowLeft, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DomainDetail } from "../../../src/contract/domains.ts";
import { HttpProblem } from "../../app/http.ts";
import { formatLong } from "../../ui/format.ts";
import { Badge, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { checkDomain, domainQuery } from "./domain-data.ts";
import { DomainProgress } from "./domain-progress.tsx";
import { DomainSettings } from "./domain-settings.tsx";
import { isLater, isOpen } from "./domain-words.ts";
import { RecordList } from "./record-list.tsx";
import { Ways } from "./ways.tsx";
import classes from "./domains.module.css";

const LOOK_MS = 8_000;

/** One domain: what is still to be done until its mail comes here, and how. */
export function DomainPage(): React.ReactNode {
  const { t } = useTranslation();
  const { name } = useParams({ from: "/admin/domains/$name" });
  const domain = useQuery({ ...domainQuery(name), refetchInterval: LOOK_MS });
  const isUnknown = domain.error instanceof HttpProblem && domain.error.problem.status === 404;
  return (
    <>
      <Link to="/admin/domains" className={classes["up"]}>
        <IconArrowLeft size={16} aria-hidden="true" /> {t("admin.domains.title")}
      </Link>
      {isUnknown ? (
        <PageHead title={name} lead={t("admin.problem.domain_unknown")} />
      ) : domain.data !== undefined ? (
        <Known domain={domain.data} />
      ) : domain.isError ? (
        <Failure error={domain.error} onRetry={() => void domain.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Known({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { name, displayName, state, checkedAt, contest, exists, records } = domain;
  const isHosted = state === "hosted";
  const open = records.filter(isOpen);
  const mayWrite = may("domains:write");
  const { isBusy, run } = useDoing();
  useConnected(name);
  return (
    <>
      <PageHead title={displayName} lead={t(`admin.domains.stateWords.${state}`)}>
        {!isHosted && mayWrite && (
          <Button
            variant="default"
            loading={isBusy}
            leftSection={<IconRefresh size={17} aria-hidden="true" />}
            onClick={() => void run(async () => checkDomain(name), t("admin.domains.looked"))}
          >
            {t("admin.domains.look")}
          </Button>
        )}
      </PageHead>
      {exists === false && (
        <p className={classes["notice"]} role="status">
          {t("admin.domains.notThere", { name: displayName })}
        </p>
      )}
      {contest !== null && (
        <p className={classes["notice"]} role="status">
          {t(`admin.domains.contest.${contest.role}`, { when: formatLong(contest.movesAt, i18n.language) })}
        </p>
      )}
      {!isHosted && (
        <>
          <DomainProgress domain={domain} />
          {mayWrite && open.length > 0 && <Ways domain={domain} />}
          <RecordList
            title={t("admin.domains.needed")}
            records={records.filter(({ need }) => need !== "optional")}
          />
          <RecordList
            title={t("admin.domains.optional")}
            lead={t("admin.domains.optionalLead")}
            records={records.filter(({ need }) => need === "optional")}
          />
          <p className={classes["mild"]}>
            {checkedAt === null
              ? t("admin.domains.neverLooked")
              : t("admin.domains.lookedAt", { when: formatLong(checkedAt, i18n.language) })}
          </p>
          {mayWrite && open.length === 0 && records.some((one) => one.state !== "found" && !isLater(one)) && (
            <Ways domain={domain} />
          )}
        </>
      )}
      {mayWrite && <DomainSettings domain={domain} />}
      {isHosted && (
        <p className={classes["mild"]}>
          <Badge tone="good">{t("admin.domains.states.hosted")}</Badge> {t("admin.domains.hostedHint")}
        </p>
      )}
    </>
  );
}

/** Who comes back from the DNS provider wants to know whether it worked: it is looked at once. */
function useConnected(name: string): void {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/domains/$name" });
  const { connected } = useSearch({ from: "/admin/domains/$name" });
  const { run } = useDoing();
  const seen = useRef(false);
  useEffect(() => {
    if (connected === undefined || seen.current) return;
    seen.current = true;
    void run(async () => checkDomain(name), t("admin.domains.connected"));
    void navigate({ search: {}, replace: true });
  }, [connected, name, navigate, run, t]);
}
