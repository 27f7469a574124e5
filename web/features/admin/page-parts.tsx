import { Button, Skeleton, VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { useTitle } from "../../ui/use-title.ts";
import classes from "./page-parts.module.css";

export interface PageHeadProps {
  readonly title: string;
  readonly lead: string;
  readonly children?: React.ReactNode;
}

/** The heading of a page with one sentence about what it is for; what one can do on all of it stands beside. */
export function PageHead({ title, lead, children }: PageHeadProps): React.ReactNode {
  useTitle(title);
  return (
    <div className={classes["head"]}>
      <div>
        <h1>{title}</h1>
        <p className={classes["lead"]}>{lead}</p>
      </div>
      {children !== undefined && <div className={classes["tools"]}>{children}</div>}
    </div>
  );
}

export type Tone = "good" | "calm" | "wait" | "bad";

/** A state in a word; the colour only repeats it. */
export function Badge({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children: React.ReactNode;
}): React.ReactNode {
  return (
    <span className={classes["badge"]} data-tone={tone}>
      {children}
    </span>
  );
}

export function Empty({
  title,
  hint,
  Icon,
}: {
  readonly title: string;
  readonly hint: string;
  readonly Icon: React.ComponentType<{ readonly size?: number; readonly stroke?: number }>;
}): React.ReactNode {
  return (
    <div className={classes["empty"]}>
      <Icon size={40} stroke={1.4} />
      <p className={classes["emptyTitle"]}>{title}</p>
      <p>{hint}</p>
    </div>
  );
}

/** What went wrong, and a way to try again. */
export function Failure({
  error,
  onRetry,
}: {
  readonly error: Error;
  readonly onRetry: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  return (
    <div className={classes["failure"]} role="alert">
      <p>{explain(t, error)}</p>
      <Button variant="default" onClick={onRetry}>
        {t("retry")}
      </Button>
    </div>
  );
}

/** Stands where a list will be. */
export function Loading({ rows = 5 }: { readonly rows?: number }): React.ReactNode {
  const { t } = useTranslation();
  return (
    <div className={classes["loading"]} aria-busy="true">
      <VisuallyHidden>{t("loading")}</VisuallyHidden>
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={54} radius="md" />
      ))}
    </div>
  );
}
