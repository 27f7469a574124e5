import { useSyncExternalStore } from "react";
import { VisuallyHidden } from "@mantine/core";

let text = "";
let turn = 0;
const readers = new Set<() => void>();

/** Has a screen reader say something when it is next idle. */
export function announce(message: string): void {
  text = message;
  turn += 1;
  for (const tell of readers) tell();
}

function subscribe(tell: () => void): () => void {
  readers.add(tell);
  return () => readers.delete(tell);
}

/** Stands on the page from the start: a live region that appears together with its text is often not read. */
export function Announcer(): React.ReactNode {
  const current = useSyncExternalStore(subscribe, () => turn);
  // Two regions in turn, so that the same sentence is said again.
  return (
    <VisuallyHidden>
      <div role="status">{current % 2 === 0 ? text : ""}</div>
      <div role="status">{current % 2 === 1 ? text : ""}</div>
    </VisuallyHidden>
  );
}
