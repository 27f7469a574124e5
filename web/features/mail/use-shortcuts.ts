import { useEffect, useRef } from "react";
import { usePreferences } from "../../app/preferences.ts";

/** By key as typed: `j`, `#`, `U` (with shift), or `g i` for two keys one after the other. */
export type Shortcuts = Readonly<Record<string, () => void>>;

const SEQUENCE_MS = 1_200;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !isTick(target));
}

function isTick(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && target.type === "checkbox";
}

/** Single-key shortcuts for as long as no field, menu or dialog has the focus (WCAG 2.1.4: they can be switched off). */
export function useShortcuts(shortcuts: Shortcuts): void {
  const { shortcuts: wanted } = usePreferences();
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    if (!wanted) return undefined;
    let first = "";
    let firstAt = 0;
    function onKey(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      if (isTyping(target)) return;
      if (target instanceof Element && target.closest("[role=dialog], [role=menu], [role=listbox]") !== null)
        return;
      const isSecond = first !== "" && event.timeStamp - firstAt < SEQUENCE_MS;
      const action =
        (isSecond ? latest.current[`${first} ${event.key}`] : undefined) ?? latest.current[event.key];
      first = event.key;
      firstAt = event.timeStamp;
      if (action === undefined) return;
      event.preventDefault();
      first = "";
      action();
    }
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, [wanted]);
}
