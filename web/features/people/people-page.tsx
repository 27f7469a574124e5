import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconFileImport, IconPlus, IconSearch, IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Person, PersonState } from "../../../src/contract/people.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { formatSpace } from "../../ui/format.ts";
import list from "../admin/list.module.css";
import { MoreButton } from "../admin/more-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { AddPerson } from "./add-person.tsx";
import { peopleQuery } from "./people-data.ts";
import { PersonDrawer } from "./person-drawer.tsx";
import { PERSON_TONES } from "./person-words.ts";
import classes from "./people.module.css";

const TYPING_MS = 250;

/** Everybody who has a mailbox. */
export function PeoplePage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate({ from: "/admin/people" });
  const { q, state, person, add } = useSearch({ from: "/admin/people" });
  const people = useInfiniteQuery(peopleQuery({ q, state }));
  const items = people.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = q !== undefined || state !== undefined;
  return (
    <>
      <PageHead title={t("admin.people.title")} lead={t("admin.people.lead")}>
        {may("people:write") && (
          <>
            {may("imports:write") && (
              <Button
                component={Link}
                to="/admin/people/import"
                variant="default"
                leftSection={<IconFileImport size={18} aria-hidden="true" />}
              >
                {t("admin.people.import")}
              </Button>
            )}
            <Button
              leftSection={<IconPlus size={18} aria-hidden="true" />}
              onClick={() => void navigate({ search: (old) => ({ ...old, add: true }) })}
            >
              {t("admin.people.add")}
            </Button>
          </>
        )}
      </PageHead>
      <div className={classes["filters"]} role="search">
        <Search
          value={q ?? ""}
          onSearch={(words) =>
            void navigate({
              search: (old) => ({ ...old, q: words === "" ? undefined : words }),
              replace: true,
            })
          }
        />
        <NativeSelect
          aria-label={t("admin.people.state")}
          value={state ?? ""}
          data={[
            { value: "", label: t("admin.people.anyState") },
            ...PersonState.options.map((value) => ({ value, label: t(`admin.people.states.${value}`) })),
          ]}
          onChange={(event) => {
            const chosen = PersonState.safeParse(event.currentTarget.value);
            void navigate({ search: (old) => ({ ...old, state: chosen.success ? chosen.data : undefined }) });
          }}
        />
      </div>
      {people.isError ? (
        <Failure error={people.error} onRetry={() => void people.refetch()} />
      ) : people.isPending ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty
          Icon={IconUsers}
          title={t(isFiltered ? "admin.people.noneFound" : "admin.people.none")}
          hint={t(isFiltered ? "admin.people.noneFoundHint" : "admin.people.noneHint")}
        />
      ) : (
        <>
          <ul className={list["list"]} aria-label={t("admin.people.title")}>
            {items.map((one) => (
              <PersonRow
                key={one.id}
                person={one}
                onOpen={() => void navigate({ search: (old) => ({ ...old, person: one.id }) })}
              />
            ))}
          </ul>
          <MoreButton list={people} />
        </>
      )}
      <PersonDrawer
        id={person}
        onClose={() => void navigate({ search: ({ person: _closed, ...rest }) => rest })}
      />
      {add === true && (
        <AddPerson onClose={() => void navigate({ search: ({ add: _closed, ...rest }) => rest })} />
      )}
    </>
  );
}

/** Looks while one types. */
function Search({
  value,
  onSearch,
}: {
  readonly value: string;
  readonly onSearch: (words: string) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed.trim() === value) return undefined;
    const timer = setTimeout(() => onSearch(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onSearch]);
  return (
    <TextInput
      type="search"
      aria-label={t("admin.people.search")}
      placeholder={t("admin.people.search")}
      leftSection={<IconSearch size={17} aria-hidden="true" />}
      value={typed}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}

function PersonRow({
  person,
  onOpen,
}: {
  readonly person: Person;
  readonly onOpen: () => void;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { name, address, aliases, state, roles, usedBytes, quotaBytes } = person;
  return (
    <li className={list["row"]}>
      <button type="button" className={`${list["open"]} ${classes["person"]}`} onClick={onOpen}>
        <span className={classes["avatar"]}>
          <Avatar name={name} address={address} />
        </span>
        <span className={list["who"]}>
          {name}
          {roles.map((role) => (
            <span key={role} className={classes["role"]}>
              {t(`admin.people.roles.${role}`)}
            </span>
          ))}
        </span>
        <span className={list["why"]}>
          {address}
          {aliases.length > 0 && ` · ${t("admin.people.moreAddresses", { count: aliases.length })}`}
        </span>
        <span className={list["side"]}>
          {state !== "active" && (
            <Badge tone={PERSON_TONES[state]}>{t(`admin.people.states.${state}`)}</Badge>
          )}
          <span className={list["when"]}>
            {t("admin.people.used", {
              used: formatSpace(usedBytes, i18n.language),
              quota: formatSpace(quotaBytes, i18n.language),
            })}
          </span>
        </span>
      </button>
    </li>
  );
}
