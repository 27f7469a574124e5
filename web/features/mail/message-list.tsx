import { useEffect, useRef } from "react";
import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import type { Folder } from "./folders.ts";
import type { MessageList as List } from "./mail-data.ts";
import classes from "./message-list.module.css";
import { MessageRow, type RowEvents } from "./message-row.tsx";
import { Welcome } from "./welcome.tsx";

const ROW_PX = 86;

export interface MessageListProps extends RowEvents {
  readonly list: List;
  readonly folder: Folder;
  readonly search: string;
  readonly everywhere: boolean;
  readonly openId: string | undefined;
  readonly selected: ReadonlySet<string>;
}

/** The rows of one folder or search. Only those in view exist; the others are fetched when they are scrolled to. */
export function MessageList(props: MessageListProps): React.ReactNode {
  const { list, folder, search, everywhere, openId, selected, onOpen, onSelect } = props;
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const { data, error, isPending, refetch } = list.query;
  const ids = data?.ids ?? [];
  const virtualizer = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    getItemKey: (index) => ids[index] ?? index,
  });
  const rows = virtualizer.getVirtualItems();
  const lastShown = rows.at(-1)?.index ?? 0;

  useEffect(() => {
    if (lastShown >= ids.length - 20) list.loadMore();
  }, [lastShown, ids.length]);

  useEffect(() => {
    const at = openId === undefined ? -1 : ids.indexOf(openId);
    if (at >= 0) virtualizer.scrollToIndex(at, { align: "auto" });
    // only when another message is opened, not when the list moves under it
  }, [openId]);

  if (isPending) return <div className={classes["scroller"]} aria-busy="true" />;
  if (error !== null && data === undefined) {
    return (
      <div className={classes["empty"]} role="alert">
        <p>{explain(t, error)}</p>
        <Button variant="default" onClick={() => void refetch()}>
          {t("retry")}
        </Button>
      </div>
    );
  }
  if (ids.length === 0) return <EmptyList folder={folder} search={search} />;
  return (
    <div ref={scroller} className={classes["scroller"]} data-testid="message-list">
      <ul
        aria-label={search === "" ? folder.name : t("list.results")}
        className={classes["list"]}
        style={{ height: virtualizer.getTotalSize() }}
      >
        {rows.map(({ key, index, start }) => {
          const id = ids[index];
          if (id === undefined) return null;
          return (
            <li
              key={key}
              className={classes["place"]}
              style={{ height: ROW_PX, transform: `translateY(${start}px)` }}
              aria-setsize={data?.total ?? ids.length}
              aria-posinset={index + 1}
            >
              <MessageRow
                id={id}
                folder={folder}
                search={search}
                everywhere={everywhere}
                isOpen={id === openId}
                isSelected={selected.has(id)}
                isSelecting={selected.size > 0}
                onOpen={onOpen}
                onSelect={onSelect}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function EmptyList({
  folder,
  search,
}: {
  readonly folder: Folder;
  readonly search: string;
}): React.ReactNode {
  const { t } = useTranslation();
  if (search === "" && folder.role === "inbox") return <Welcome />;
  return (
    <div className={classes["empty"]}>
      <p className={classes["emptyTitle"]}>{search === "" ? t("list.empty") : t("list.noResults")}</p>
      <p>{search === "" ? t(`list.emptyHint.${folder.role ?? "own"}`) : t("list.noResultsHint")}</p>
    </div>
  );
}
