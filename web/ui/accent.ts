type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** `--surface-panel` of the dark scheme. */
const NIGHT: Rgb = [21, 30, 33];
/** WCAG 2.1 §1.4.3, with a little room. */
const READABLE = 4.6;

function parse(colour: string): Rgb {
  const part = (from: number): number => Number.parseInt(colour.slice(from, from + 2), 16);
  return [part(1), part(3), part(5)];
}

const print = (colour: Rgb): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** @param share of `other`, 0 to 1 */
const mix = (colour: Rgb, other: Rgb, share: number): Rgb => [
  colour[0] * (1 - share) + other[0] * share,
  colour[1] * (1 - share) + other[1] * share,
  colour[2] * (1 - share) + other[2] * share,
];

function linear(part: number): number {
  const value = part / 255;
  return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function luminance(colour: Rgb): number {
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

function contrast(one: Rgb, other: Rgb): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** The colour, moved towards another until it can be read on all of these. */
function readable(colour: Rgb, towards: Rgb, surfaces: readonly Rgb[]): Rgb {
  for (let share = 0; share < 1; share += 0.04) {
    const tried = mix(colour, towards, share);
    if (surfaces.every((surface) => contrast(tried, surface) >= READABLE)) return tried;
  }
  return towards;
}

/** The colour as light as it can be under white text: on a dark page a dark button would hardly be seen. */
function lightest(colour: Rgb): Rgb {
  for (let share = 0.6; share > 0; share -= 0.04) {
    const tried = mix(colour, WHITE, share);
    if (contrast(tried, WHITE) >= READABLE) return tried;
  }
  return colour;
}

/** How well white text can be read on a colour, from 1 to 21. @param colour `#rrggbb` */
export const contrastWithWhite = (colour: string): number => contrast(parse(colour), WHITE);

/** The custom properties that an agency's colour stands behind: shades for buttons, and texts that can be read by day and by night.
 * @param colour `#rrggbb`, dark enough for white text */
export function accentProperties(colour: string): Readonly<Record<string, string>> {
  const base = parse(colour);
  const tints = [0.93, 0.84, 0.66, 0.48, 0.32, 0.18].map((share) => mix(base, WHITE, share));
  const shades = [...tints, lightest(base), base, mix(base, BLACK, 0.18), mix(base, BLACK, 0.35)];
  const day = { soft: mix(base, WHITE, 0.84), chosen: mix(base, WHITE, 0.9) };
  const night = { soft: mix(NIGHT, base, 0.32), chosen: mix(NIGHT, base, 0.24) };
  const nightInk = readable(base, WHITE, [NIGHT, night.soft, night.chosen]);
  return {
    ...Object.fromEntries(shades.map((shade, at) => [`--mantine-color-aegean-${at}`, print(shade)])),
    "--agency-day": print(base),
    "--agency-day-ink": print(readable(base, BLACK, [WHITE, [234, 238, 235], day.soft, day.chosen])),
    "--agency-day-soft": print(day.soft),
    "--agency-day-chosen": print(day.chosen),
    "--agency-night": print(nightInk),
    "--agency-night-ink": print(nightInk),
    "--agency-night-soft": print(night.soft),
    "--agency-night-chosen": print(night.chosen),
    "--agency-panel": print(mix(base, BLACK, 0.28)),
    "--agency-panel-deep": print(mix(base, BLACK, 0.55)),
  };
}

const set = new Set<string>();

/** Shows the pages in an agency's colour. @param colour null: in ours */
export function wearAccent(colour: string | null): void {
  const { style, dataset } = document.documentElement;
  for (const name of set) style.removeProperty(name);
  set.clear();
  delete dataset["agencyColour"];
  if (colour === null) return;
  for (const [name, value] of Object.entries(accentProperties(colour))) {
    style.setProperty(name, value);
    set.add(name);
  }
  dataset["agencyColour"] = colour;
}
