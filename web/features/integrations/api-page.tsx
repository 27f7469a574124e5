import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { type Described, documentQuery, type Field, readReference, type Reference } from "./openapi.ts";
import classes from "./api.module.css";

/** What programs can do, from the same document that they can read themselves. Its own words are English in every language. */
export function ApiPage(): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...documentQuery, select: readReference, staleTime: Infinity });
  return (
    <>
      <PageHead title={t("admin.api.title")} lead={t("admin.api.lead")}>
        <a href="/v1/openapi.json" download="angelia-openapi.json" className={classes["download"]}>
          {t("admin.api.download")}
        </a>
      </PageHead>
      {found.data !== undefined ? (
        <Shown reference={found.data} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Shown({ reference }: { readonly reference: Reference }): React.ReactNode {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const wanted = typed.trim().toLowerCase();
  const groups = reference.groups
    .map(({ tag, operations }) => ({
      tag,
      operations: operations.filter(({ path, summary, id, permission }) =>
        [tag, path, summary, id, permission ?? ""].some((text) => text.toLowerCase().includes(wanted)),
      ),
    }))
    .filter(({ operations }) => operations.length > 0);
  const count = groups.reduce((sum, { operations }) => sum + operations.length, 0);
  return (
    <>
      <details className={classes["intro"]}>
        <summary>{t("admin.api.intro")}</summary>
        <div lang="en">
          <Prose text={reference.description} />
        </div>
      </details>
      <div role="search" className={classes["search"]}>
        <TextInput
          type="search"
          aria-label={t("admin.api.search")}
          placeholder={t("admin.api.search")}
          leftSection={<IconSearch size={17} aria-hidden="true" />}
          value={typed}
          spellCheck={false}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <p role="status" className={classes["count"]}>
          {t("admin.api.count", { count })}
        </p>
      </div>
      {groups.map(({ tag, operations }) => (
        <section key={tag} className={classes["group"]} aria-label={tag}>
          <h2 lang="en">{tag}</h2>
          <ul>
            {operations.map((operation) => (
              <li key={operation.id}>
                <Operation operation={operation} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Operation({ operation }: { readonly operation: Described }): React.ReactNode {
  const { t } = useTranslation();
  const { id, method, path, summary, description, permission, parameters, body, files, answers } = operation;
  return (
    <details className={classes["operation"]}>
      <summary>
        <span className={classes["method"]} data-method={method}>
          {method.toUpperCase()}
        </span>
        <span className={classes["path"]}>{path}</span>
        <span className={classes["summary"]} lang="en">
          {summary}
        </span>
      </summary>
      <div className={classes["body"]}>
        {description !== undefined && (
          <div lang="en">
            <Prose text={description} />
          </div>
        )}
        <dl className={classes["facts"]}>
          {permission !== undefined && (
            <>
              <dt>{t("admin.api.permission")}</dt>
              <dd>
                <code>{permission}</code>
              </dd>
            </>
          )}
          <dt>{t("admin.api.name")}</dt>
          <dd>
            <code>{id}</code>
          </dd>
        </dl>
        <Fields title={t("admin.api.parameters")} fields={parameters} />
        <Fields title={t("admin.api.sent")} fields={body} />
        {files.length > 0 && (
          <p className={classes["mild"]}>{t("admin.api.files", { types: files.join(", ") })}</p>
        )}
        <h3>{t("admin.api.answers")}</h3>
        <ul className={classes["answers"]} lang="en">
          {answers.map(({ status, words, fields }) => (
            <li key={status}>
              <p>
                <code>{status}</code> <Line text={words} />
              </p>
              {fields.length > 0 && (
                <p className={classes["mild"]}>
                  {fields.map(({ name }) => (
                    <code key={name}>{name}</code>
                  ))}
                </p>
              )}
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}

function Fields({
  title,
  fields,
}: {
  readonly title: string;
  readonly fields: readonly Field[];
}): React.ReactNode {
  const { t } = useTranslation();
  if (fields.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl className={classes["fields"]}>
        {fields.map(({ name, kind, isRequired }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
              {isRequired && <span className={classes["must"]}>{t("admin.api.required")}</span>}
            </dt>
            <dd lang="en">{kind}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The little Markdown that the document has: headings, paragraphs and code. */
function Prose({ text }: { readonly text: string }): React.ReactNode {
  return text.split(/\n{2,}|\n(?=## )|(?<=^## .*)\n/m).map((block) => {
    const heading = /^## (.*)$/.exec(block.trim())?.[1];
    return heading === undefined ? (
      <p key={block}>
        <Line text={block} />
      </p>
    ) : (
      <h3 key={block}>{heading}</h3>
    );
  });
}

/** A text in which `code` stands between grave accents. */
function Line({ text }: { readonly text: string }): React.ReactNode {
  return text.split("`").map((part, at) => (at % 2 === 0 ? part : <code key={`${at} ${part}`}>{part}</code>));
}
