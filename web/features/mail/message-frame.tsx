import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@mantine/core";
import { IconPhotoOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { composeMailto } from "../compose/compose-store.ts";
import { cleanHtml } from "./clean-html.ts";
import classes from "./message-view.module.css";

export interface MessageFrameProps {
  readonly html: string;
  readonly title: string;
  /** object URLs of attached pictures by Content-ID */
  readonly pictures: ReadonlyMap<string, string>;
}

/** An HTML body in a frame of its own. `allow-same-origin` lets this page measure it; without `allow-scripts`
 * nothing inside can use it. */
export function MessageFrame({ html, title, pictures }: MessageFrameProps): React.ReactNode {
  const { t } = useTranslation();
  const [allowRemote, setAllowRemote] = useState(false);
  const [height, setHeight] = useState(120);
  const frame = useRef<HTMLIFrameElement>(null);
  const clean = useMemo(
    () => cleanHtml(html, { allowRemote, pictureUrl: (cid) => pictures.get(cid) }),
    [html, allowRemote, pictures],
  );

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    let sizes: ResizeObserver | undefined;
    function fit(): void {
      const page = element?.contentDocument;
      if (page === null || page === undefined || page.body === null) return;
      fitWidth(page);
      setHeight(Math.ceil(page.documentElement.getBoundingClientRect().height) + 2);
    }
    function attach(): void {
      const page = element?.contentDocument;
      if (page === null || page === undefined || page.body === null) return;
      sizes?.disconnect();
      sizes = new ResizeObserver(fit);
      sizes.observe(page.documentElement);
      page.addEventListener("click", openMailto);
      page.addEventListener("keydown", passOn);
      fit();
    }
    attach();
    element.addEventListener("load", attach);
    return () => {
      sizes?.disconnect();
      element.removeEventListener("load", attach);
    };
  }, [clean]);

  return (
    <>
      {clean.remoteCount > 0 && !allowRemote && (
        <div className={classes["remote"]}>
          <IconPhotoOff size={18} aria-hidden="true" />
          <p>{t("message.remoteBlocked", { count: clean.remoteCount })}</p>
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => {
              setAllowRemote(true);
            }}
          >
            {t("message.showRemote")}
          </Button>
        </div>
      )}
      <div className={classes["paper"]}>
        <iframe
          ref={frame}
          title={title}
          className={classes["frame"]}
          sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
          referrerPolicy="no-referrer"
          srcDoc={clean.document}
          style={{ height }}
        />
      </div>
    </>
  );
}

/** A message laid out for a wide screen is made smaller, down to half; what is wider still scrolls sideways. */
function fitWidth(page: Document): void {
  const room = page.documentElement.clientWidth;
  const { body } = page;
  const zoom = Number.parseFloat(body.style.zoom === "" ? "1" : body.style.zoom);
  const needed = body.scrollWidth * zoom;
  if (room === 0 || zoom !== 1 || needed <= room + 1) return;
  body.style.zoom = String(Math.max(0.5, room / needed));
}

function openMailto(event: MouseEvent): void {
  const target = event.target;
  if (target === null || !("closest" in target) || typeof target.closest !== "function") return;
  const link: unknown = target.closest("a[href]");
  const href = link !== null && typeof link === "object" && "href" in link ? String(link.href) : "";
  if (!href.startsWith("mailto:")) return;
  event.preventDefault();
  composeMailto(href);
}

/** Keys that are pressed inside the frame work as outside of it. */
function passOn(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
  const copy = new KeyboardEvent("keydown", {
    key: event.key,
    shiftKey: event.shiftKey,
    bubbles: true,
    cancelable: true,
  });
  if (!document.body.dispatchEvent(copy)) event.preventDefault();
}
