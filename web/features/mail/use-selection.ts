import { useCallback, useEffect, useMemo, useRef, useState } from "react";

export interface Selection {
  readonly ids: readonly string[];
  readonly set: ReadonlySet<string>;
  /** @param range from the one that was chosen last up to this one */
  readonly toggle: (id: string, range: boolean) => void;
  readonly all: () => void;
  readonly clear: () => void;
}

/** The messages that are ticked. Those that leave the list leave the selection; another list starts with none. */
export function useSelection(listed: readonly string[], listName: string): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string>(undefined);
  const current = useRef(listed);
  current.current = listed;

  useEffect(() => {
    setChosen(new Set());
    last.current = undefined;
  }, [listName]);

  const toggle = useCallback((id: string, range: boolean) => {
    const ids = current.current;
    const from = last.current === undefined ? -1 : ids.indexOf(last.current);
    const to = ids.indexOf(id);
    last.current = id;
    setChosen((before) => {
      const next = new Set(before);
      if (range && from >= 0 && to >= 0) {
        for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(one);
      } else if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const all = useCallback(() => {
    setChosen(new Set(current.current));
  }, []);
  const clear = useCallback(() => {
    setChosen((before) => (before.size === 0 ? before : new Set()));
  }, []);

  return useMemo(() => {
    const ids = listed.filter((id) => chosen.has(id));
    return { ids, set: new Set(ids), toggle, all, clear };
  }, [listed, chosen, toggle, all, clear]);
}
