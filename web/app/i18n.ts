import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { LOCALES, type Locale } from "../../src/contract/signup.ts";
import type adminEn from "../locales/admin/en.json";
import en from "../locales/en.json";

/** Languages with a complete translation; a further one is a file in `locales/`, one in `locales/admin/`, and a line in both lists. */
const LOADERS = {
  en: async () => en,
  el: async () => (await import("../locales/el.json")).default,
} satisfies Partial<Record<Locale, () => Promise<typeof en>>>;

/** What only the administration says: most people never need it, so it is fetched with its first page. */
const ADMIN_LOADERS = {
  en: async () => (await import("../locales/admin/en.json")).default,
  el: async () => (await import("../locales/admin/el.json")).default,
} satisfies Record<keyof typeof LOADERS, () => Promise<typeof adminEn>>;

type Available = keyof typeof LOADERS;

/** Each language under its own name, as its readers look for it. */
export const LANGUAGES: readonly { readonly code: Available; readonly name: string }[] = [
  { code: "en", name: "English" },
  { code: "el", name: "Ελληνικά" },
];

const STORAGE_KEY = "angelia.language";

function isAvailable(code: string): code is Available {
  return Object.hasOwn(LOADERS, code);
}

/** What the person chose here before, else the first of the browser's languages that we have, else English. */
function preferred(): Available {
  const wishes = [localStorage.getItem(STORAGE_KEY) ?? "", ...navigator.languages];
  for (const wish of wishes) {
    const code = wish.toLowerCase().split("-")[0] ?? "";
    if (isAvailable(code)) return code;
  }
  return "en";
}

const administered = new Set<Available>();
let isAdministering = false;

async function addAdminWords(code: Available): Promise<void> {
  if (administered.has(code)) return;
  i18next.addResourceBundle(code, "translation", await ADMIN_LOADERS[code](), true);
  administered.add(code);
}

/** Fetches the words of the administration, and from now on with each other language that is chosen. */
export async function startAdminWords(): Promise<void> {
  isAdministering = true;
  await addAdminWords(currentLanguage());
}

async function show(code: Available): Promise<void> {
  if (!i18next.hasResourceBundle(code, "translation")) {
    i18next.addResourceBundle(code, "translation", await LOADERS[code]());
  }
  if (isAdministering) await addAdminWords(code);
  await i18next.changeLanguage(code);
  document.documentElement.lang = code;
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: "en",
    fallbackLng: "en",
    supportedLngs: LOCALES,
    interpolation: { escapeValue: false },
  });
  await show(preferred());
}

/** Switches the interface and remembers it in this browser. */
export async function chooseLanguage(code: string): Promise<void> {
  if (!isAvailable(code)) return;
  localStorage.setItem(STORAGE_KEY, code);
  await show(code);
}

export function currentLanguage(): Available {
  return isAvailable(i18next.language) ? i18next.language : "en";
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & typeof adminEn };
  }
}
