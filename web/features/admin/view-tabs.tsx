import { Link, type LinkProps } from "@tanstack/react-router";
import classes from "./view-tabs.module.css";

export interface View {
  readonly label: string;
  readonly link: LinkProps;
  readonly isHere: boolean;
}

/** The views of a page, side by side; each has an address of its own. */
export function ViewTabs({
  label,
  views,
}: {
  readonly label: string;
  readonly views: readonly View[];
}): React.ReactNode {
  return (
    <nav className={classes["tabs"]} aria-label={label}>
      {views.map((view) => (
        <Link
          key={view.label}
          {...view.link}
          className={classes["tab"]}
          data-here={view.isHere}
          aria-current={view.isHere ? "page" : undefined}
        >
          {view.label}
        </Link>
      ))}
    </nav>
  );
}
