import { useTranslation } from "react-i18next";
import type { DomainRecord } from "../../../src/contract/domains.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Badge } from "../admin/page-parts.tsx";
import { isLater, RECORD_TONES } from "./domain-words.ts";
import classes from "./domains.module.css";

interface RecordListProps {
  readonly title: string;
  readonly lead?: string;
  readonly records: readonly DomainRecord[];
}

/** Records of the DNS: what each is for, whether it is there, and what to enter. */
export function RecordList({ title, lead, records }: RecordListProps): React.ReactNode {
  if (records.length === 0) return null;
  return (
    <section className={classes["records"]}>
      <h2>{title}</h2>
      {lead !== undefined && <p className={classes["mild"]}>{lead}</p>}
      <ul>
        {records.map((record) => (
          <RecordItem key={record.id} record={record} />
        ))}
      </ul>
    </section>
  );
}

function RecordItem({ record }: { readonly record: DomainRecord }): React.ReactNode {
  const { t } = useTranslation();
  const { purpose, state, problem, found, answered } = record;
  const later = isLater(record);
  return (
    <li data-state={state}>
      <details open={state === "wrong" && !later}>
        <summary>
          <span className={classes["recordHead"]}>
            <span className={classes["recordTitle"]}>
              {t(`admin.domains.purposes.${purpose}.title`)}
              {purpose === "dkim" && <span className={classes["recordHost"]}>{record.host}</span>}
            </span>
            <span className={classes["mild"]}>{t(`admin.domains.purposes.${purpose}.why`)}</span>
          </span>
          <Badge tone={later ? "calm" : RECORD_TONES[state]}>
            {t(later ? "admin.domains.later" : `admin.domains.recordStates.${state}`)}
          </Badge>
        </summary>
        <div className={classes["recordBody"]}>
          {problem !== null && (
            <p className={classes["problem"]} data-later={later}>
              {t(`admin.domains.problems.${problem}`)}
            </p>
          )}
          {!answered && <p className={classes["mild"]}>{t("admin.domains.noAnswer")}</p>}
          {found.length > 0 && state !== "found" && (
            <div>
              <p className={classes["label"]}>{t("admin.domains.thereNow")}</p>
              {found.map((value) => (
                <code key={value} className={classes["now"]}>
                  {value}
                </code>
              ))}
            </div>
          )}
          <RecordValues record={record} />
        </div>
      </details>
    </li>
  );
}

/** What a record is made of, field by field as providers ask for it. */
export function RecordValues({ record }: { readonly record: DomainRecord }): React.ReactNode {
  const { t } = useTranslation();
  const { type, host, value, priority, name } = record;
  return (
    <dl className={classes["values"]}>
      <dt>{t("admin.domains.fields.type")}</dt>
      <dd>{type}</dd>
      <dt>{t("admin.domains.fields.host")}</dt>
      <dd>
        <CopyLine value={host} label={t("admin.domains.copyHost")} />
        {host !== name && <span className={classes["mild"]}>{t("admin.domains.wholeName", { name })}</span>}
      </dd>
      {priority !== null && (
        <>
          <dt>{t("admin.domains.fields.priority")}</dt>
          <dd>{priority}</dd>
        </>
      )}
      <dt>{t("admin.domains.fields.value")}</dt>
      <dd>
        <CopyLine value={value} label={t("admin.domains.copyValue")} />
      </dd>
    </dl>
  );
}
