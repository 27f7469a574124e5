import { useEffect, useState } from "react";
import { ActionIcon, Burger, Button, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Folder } from "./folders.ts";
import classes from "./list-header.module.css";

export interface ListHeaderProps {
  readonly folder: Folder;
  readonly total: number | undefined;
  readonly search: string;
  readonly everywhere: boolean;
  readonly searchRef: React.Ref<HTMLInputElement>;
  readonly onMenu: () => void;
  readonly onSearch: (search: string, everywhere: boolean) => void;
  /** undefined: nothing to empty here */
  readonly onEmpty: (() => void) | undefined;
}

const PAUSE_MS = 350;

export function ListHeader(props: ListHeaderProps): React.ReactNode {
  const { folder, total, search, everywhere, searchRef, onMenu, onSearch, onEmpty } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState(search);

  useEffect(() => {
    setTyped(search);
  }, [search, folder.param]);

  useEffect(() => {
    if (typed === search) return undefined;
    const timer = setTimeout(() => {
      onSearch(typed.trim(), everywhere);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [typed]);

  return (
    <header className={classes["header"]}>
      <div className={classes["bar"]}>
        <Burger
          size="sm"
          className={classes["burger"] ?? ""}
          aria-label={t("folder.open")}
          onClick={onMenu}
        />
        <form
          role="search"
          className={classes["search"]}
          onSubmit={(event) => {
            event.preventDefault();
            onSearch(typed.trim(), everywhere);
          }}
        >
          <TextInput
            ref={searchRef}
            type="search"
            aria-label={t("list.search")}
            placeholder={t("list.search")}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              setTyped("");
              onSearch("", false);
              event.currentTarget.blur();
            }}
            leftSection={<IconSearch size={17} aria-hidden="true" />}
            rightSection={
              typed === "" ? null : (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={t("list.clearSearch")}
                  onClick={() => {
                    setTyped("");
                    onSearch("", false);
                  }}
                >
                  <IconX size={16} />
                </ActionIcon>
              )
            }
            classNames={{ input: classes["input"] ?? "" }}
          />
        </form>
      </div>
      <div className={classes["title"]}>
        <h1>{search === "" ? folder.name : t("list.results")}</h1>
        {total !== undefined && <span className={classes["total"]}>{t("list.total", { count: total })}</span>}
        {onEmpty !== undefined && search === "" && (total ?? 0) > 0 && (
          <Tooltip label={t("list.emptyTrashHint")}>
            <Button
              variant="subtle"
              size="compact-sm"
              color="brick"
              className={classes["clear"] ?? ""}
              onClick={onEmpty}
            >
              {t("list.emptyTrash")}
            </Button>
          </Tooltip>
        )}
      </div>
      {search !== "" && (
        <SegmentedControl
          size="xs"
          fullWidth
          className={classes["scope"] ?? ""}
          aria-label={t("list.scope")}
          value={everywhere ? "all" : "here"}
          data={[
            { value: "here", label: folder.name },
            { value: "all", label: t("list.everywhere") },
          ]}
          onChange={(value) => {
            onSearch(search, value === "all");
          }}
        />
      )}
    </header>
  );
}
