import { useId } from "react";
import classes from "./panel.module.css";

/** One matter of a page: a heading, a sentence about it, and what one can do. */
export function Panel({
  title,
  lead,
  isWide = false,
  children,
}: {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly isWide?: boolean;
  readonly children: React.ReactNode;
}): React.ReactNode {
  const id = useId();
  return (
    <section className={classes["panel"]} data-wide={isWide} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {lead !== undefined && <p className={classes["lead"]}>{lead}</p>}
      <div className={classes["body"]}>{children}</div>
    </section>
  );
}

/** The buttons at the end of a panel. */
export function Actions({ children }: { readonly children: React.ReactNode }): React.ReactNode {
  return <div className={classes["actions"]}>{children}</div>;
}
