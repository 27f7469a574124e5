import { useSyncExternalStore } from "react";
import { z } from "zod";

/** What a person has set for this browser; nothing of it is known to the server. */
const Preferences = z.object({
  /** WCAG 2.1.4: single-key shortcuts can be switched off */
  shortcuts: z.boolean().default(true),
});
type Preferences = z.infer<typeof Preferences>;

const STORAGE_KEY = "angelia.preferences";
const readers = new Set<() => void>();
let current = read();

function read(): Preferences {
  try {
    return Preferences.parse(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}"));
  } catch {
    return Preferences.parse({});
  }
}

export function setPreference(part: Partial<Preferences>): void {
  current = { ...current, ...part };
  localStorage.setItem(STORAGE_KEY, JSON.stringify(current));
  for (const tell of readers) tell();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (tell) => {
      readers.add(tell);
      return () => readers.delete(tell);
    },
    () => current,
  );
}
