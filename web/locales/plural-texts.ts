// Which texts a language needs, from the English ones.

export interface Texts {
  readonly [key: string]: string | Texts;
}

/** English has two forms. */
const SUFFIX = /_(one|other)$/;

/** The keys that stand for an English key: itself, or one for each plural form of the language. */
export function keysFor(key: string, code: string): readonly string[] {
  const suffix = SUFFIX.exec(key)?.[0];
  if (suffix === undefined) return [key];
  const stem = key.slice(0, -suffix.length);
  return new Intl.PluralRules(code).resolvedOptions().pluralCategories.map((form) => `${stem}_${form}`);
}

/** The texts of a language in the order of the English ones: what it has already, and "" for what it lacks. */
export function withAllTexts(english: Texts, own: Texts, code: string): Texts {
  const found: Record<string, string | Texts> = {};
  for (const [key, value] of Object.entries(english)) {
    const mine = own[key];
    if (typeof value !== "string")
      found[key] = withAllTexts(value, typeof mine === "object" ? mine : {}, code);
    else
      for (const name of keysFor(key, code)) {
        const text = own[name];
        found[name] ??= typeof text === "string" ? text : "";
      }
  }
  return found;
}

/** The paths of texts that are empty. */
export function missingTexts(texts: Texts, path = ""): string[] {
  return Object.entries(texts).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (typeof value !== "string") return missingTexts(value, at);
    return value.trim() === "" ? [at] : [];
  });
}
