import { useEffect } from "react";

/** Gives the focus back to what had it before a dialog that is gone at once, without a state "closed" (WCAG 2.4.3). */
export function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
}
