import { initials, toneOf } from "./format.ts";
import classes from "./avatar.module.css";

export interface AvatarProps {
  readonly name: string;
  readonly address: string;
  readonly small?: boolean;
}

/** The first letters of a name in a quiet colour; nothing that the name beside it doesn't say. */
export function Avatar({ name, address, small }: AvatarProps): React.ReactNode {
  return (
    <span
      className={classes["avatar"]}
      data-tone={toneOf(address)}
      data-small={small === true}
      aria-hidden="true"
    >
      {initials(name === "" ? address : name)}
    </span>
  );
}
