import { useSyncExternalStore } from "react";
import { splitAddresses } from "./addresses.ts";
import { type Draft, emptyDraft } from "./draft.ts";

/** The message that is being written in this window, if any. It stays open across folders and pages. */
let open: Draft | undefined;
let openIsUnsaved = false;
const readers = new Set<() => void>();

function set(draft: Draft | undefined): void {
  open = draft;
  for (const tell of readers) tell();
}

/** Opens the composer; a message that is open already goes to the Drafts folder.
 * @param isUnsaved it holds something that the server has no copy of */
export function compose(draft: Draft = emptyDraft(), isUnsaved = false): void {
  openIsUnsaved = isUnsaved;
  set(draft);
}

export function isComposing(): boolean {
  return open !== undefined;
}

export function isOpenUnsaved(): boolean {
  return openIsUnsaved;
}

/** Takes the composer away; what it holds stays where it was saved, in Drafts or in this browser. */
export function putAside(): void {
  set(undefined);
}

export function closeComposer(key: string): void {
  if (open?.key === key) set(undefined);
}

let saveOpen: (() => Promise<boolean>) | undefined;

/** The open composer offers how to save what it holds. @returns takes the offer back */
export function offerSave(save: () => Promise<boolean>): () => void {
  saveOpen = save;
  return () => {
    if (saveOpen === save) saveOpen = undefined;
  };
}

/** Puts what is being written into Drafts and closes the composer. @returns false if the server doesn't have it */
export async function saveOpenDraft(): Promise<boolean> {
  if (open === undefined || saveOpen === undefined) return true;
  if (!(await saveOpen())) return false;
  set(undefined);
  return true;
}

export function useOpenDraft(): Draft | undefined {
  return useSyncExternalStore(
    (tell) => {
      readers.add(tell);
      return () => readers.delete(tell);
    },
    () => open,
  );
}

/** Opens the composer for a `mailto:` link. @see RFC 6068 */
export function composeMailto(href: string): void {
  const url = new URL(href);
  const header = (name: string): string => url.searchParams.get(name) ?? "";
  const to = [decode(url.pathname), header("to")].flatMap((list) => splitAddresses(list));
  compose(
    emptyDraft({
      to,
      cc: [...splitAddresses(header("cc"))],
      bcc: [...splitAddresses(header("bcc"))],
      subject: header("subject"),
      text: header("body").replaceAll("\r\n", "\n"),
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
