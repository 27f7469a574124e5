const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg(?:e|A|iOS)?\//, "Edge"],
  [/OPR\/|Opera/, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/(?:Firefox|FxiOS)\//, "Firefox"],
  [/(?:Chrome|CriOS)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/CrOS/, "ChromeOS"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/Linux|X11/, "Linux"],
];

/** What a browser calls itself, in two words that people know: `Firefox, Windows`. What is unknown stays as it is.
 * @param agent a User-Agent field */
export function deviceName(agent: string): string {
  const find = (list: typeof BROWSERS): string | undefined => list.find(([sign]) => sign.test(agent))?.[1];
  const names = [find(BROWSERS), find(SYSTEMS)].filter((one) => one !== undefined);
  return names.length > 0 ? names.join(", ") : agent.slice(0, 60);
}

/** `Greece`. @param code ISO 3166-1, two letters */
export function countryName(code: string | null, language: string): string | null {
  if (code === null) return null;
  try {
    return new Intl.DisplayNames(language, { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}
