import { useTranslation } from "react-i18next";
import type { Tone } from "./page-parts.tsx";
import classes from "./report.module.css";

export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly tone?: Tone;
}

/** A few numbers that tell the most. */
export function Figures({ figures }: { readonly figures: readonly Figure[] }): React.ReactNode {
  const { i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <dl className={classes["figures"]}>
      {figures.map(({ label, value, tone = "calm" }) => (
        <div key={label} data-tone={tone}>
          <dt>{label}</dt>
          <dd>{number.format(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
