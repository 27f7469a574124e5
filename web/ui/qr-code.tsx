import { useMemo } from "react";
import { encode } from "uqr";
import classes from "./qr-code.module.css";

/** A code for the camera of a phone, drawn here: what is in it leaves this page by no other way.
 * @param label what the code leads to, for those who don't see it */
export function QrCode({
  value,
  label,
}: {
  readonly value: string;
  readonly label: string;
}): React.ReactNode {
  const { data, size } = useMemo(() => encode(value, { border: 2 }), [value]);
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      className={classes["code"]}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
