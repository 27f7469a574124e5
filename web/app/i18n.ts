import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { LOCALES, type Locale } from "../../src/contract/signup.ts";
import type adminEn from "../locales/admin/en.json";
import en from "../locales/en.json";

type Words = typeof en;
type AdminWords = typeof adminEn;

/** A language is there when its two files are: `locales/<code>.json`, and `locales/admin/<code>.json` with what only the administration
 * says, which most people never need and which is fetched with its first page. A test refuses files that lack a text. */
const FILES = import.meta.glob<{ default: Words }>(["../locales/*.json", "!../locales/en.json"]);
const ADMIN_FILES = import.meta.glob<{ default: AdminWords }>("../locales/admin/*.json");

/** Each language under its own name, as its readers look for it. */
const NAMES: Readonly<Record<Locale, string>> = {
  en: "English",
  el: "Ελληνικά",
  it: "Italiano",
  es: "Español",
  ru: "Русский",
};

const fileOf = (code: Locale): string => `../locales/${code}.json`;
const adminFileOf = (code: Locale): string => `../locales/admin/${code}.json`;

/** Languages that are there. */
export const LANGUAGES: readonly { readonly code: Locale; readonly name: string }[] = LOCALES.filter(
  (code) => (code === "en" || fileOf(code) in FILES) && adminFileOf(code) in ADMIN_FILES,
).map((code) => ({ code, name: NAMES[code] }));

const STORAGE_KEY = "angelia.language";

const isAvailable = (code: string): code is Locale => LANGUAGES.some((one) => one.code === code);

/** What the person chose here before, else the first of the browser's languages that we have, else English. */
function preferred(): Locale {
  const wishes = [localStorage.getItem(STORAGE_KEY) ?? "", ...navigator.languages];
  for (const wish of wishes) {
    const code = wish.toLowerCase().split("-")[0] ?? "";
    if (isAvailable(code)) return code;
  }
  return "en";
}

const administered = new Set<Locale>();
let isAdministering = false;

async function addAdminWords(code: Locale): Promise<void> {
  if (administered.has(code)) return;
  const words = await ADMIN_FILES[adminFileOf(code)]?.();
  i18next.addResourceBundle(code, "translation", words?.default, true);
  administered.add(code);
}

/** Fetches the words of the administration, and from now on with each other language that is chosen. */
export async function startAdminWords(): Promise<void> {
  isAdministering = true;
  await addAdminWords(currentLanguage());
}

async function show(code: Locale): Promise<void> {
  if (!i18next.hasResourceBundle(code, "translation")) {
    const words = await FILES[fileOf(code)]?.();
    i18next.addResourceBundle(code, "translation", words?.default);
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

export function currentLanguage(): Locale {
  return isAvailable(i18next.language) ? i18next.language : "en";
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & typeof adminEn };
  }
}
