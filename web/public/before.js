// Runs before anything else of the page, and before it is painted.

// zod would make parsers with `new Function`, which the page's policy refuses (and reports).
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

// The colours that the person chose here, so that a dark page never begins with a white one.
const chosen = localStorage.getItem("mantine-color-scheme-value");
const isDark =
  chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.dataset.mantineColorScheme = isDark ? "dark" : "light";
