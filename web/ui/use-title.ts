import { useEffect } from "react";

/** Names the page in the browser's tab. `count` stands before the name, as unread mail does. */
export function useTitle(title: string, count = 0): void {
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ""}${title} · Angelia`;
  }, [title, count]);
}
