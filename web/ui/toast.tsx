import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { announce } from "./announcer.tsx";
import classes from "./toast.module.css";

export interface Toast {
  readonly message: string;
  readonly kind?: "info" | "failure";
  readonly action?: { readonly label: string; run(): void };
}

/** WCAG 2.2.1 wants time to reach the button by keyboard; hovering or focusing stops the clock as well. */
const WITH_ACTION_MS = 10_000;
const PLAIN_MS = 5_000;

let latestAction: (() => void) | undefined;

/** Shows a short message at the bottom edge and says it to screen readers. */
export function toast({ message, kind = "info", action }: Toast): void {
  const id = crypto.randomUUID();
  const run = (): void => {
    notifications.hide(id);
    latestAction = undefined;
    action?.run();
  };
  if (action !== undefined) latestAction = run;
  announce(message);
  notifications.show({
    id,
    // the announcer has said it already
    role: "status",
    "aria-live": "off",
    autoClose: action === undefined && kind === "info" ? PLAIN_MS : WITH_ACTION_MS,
    withBorder: false,
    color: kind === "failure" ? "brick" : "aegean",
    className: classes["toast"] ?? "",
    closeButtonProps: { "aria-label": "×" },
    message: (
      <span className={classes["line"]}>
        <span>{message}</span>
        {action !== undefined && (
          <Button variant="subtle" size="compact-sm" className={classes["action"] ?? ""} onClick={run}>
            {action.label}
          </Button>
        )}
      </span>
    ),
    onClose: () => {
      if (latestAction === run) latestAction = undefined;
    },
  });
}

/** Does what the last toast with a button offered, as long as it is shown. */
export function runLatestToastAction(): void {
  latestAction?.();
}
