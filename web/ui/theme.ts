import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** The one accent: the Aegean under a high sun at 0, at night at 9. Text on 7 and white has 7.6:1. */
const aegean: MantineColorsTuple = [
  "#edf6f7",
  "#d6e9ec",
  "#aed4da",
  "#82bcc6",
  "#56a1ae",
  "#348797",
  "#1d7082",
  "#0f5b6c",
  "#0b4a59",
  "#083845",
];

/** For what destroys; 8 on white has 6.6:1. */
const brick: MantineColorsTuple = [
  "#fdf1ef",
  "#f9ddd9",
  "#f2b9b1",
  "#ea9286",
  "#e07062",
  "#cf5546",
  "#b94234",
  "#a33629",
  "#8c2c21",
  "#6f221a",
];

export const theme = createTheme({
  colors: { aegean, brick },
  primaryColor: "aegean",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "var(--font-text)",
  fontFamilyMonospace: "var(--font-mono)",
  headings: { fontFamily: "var(--font-display)", fontWeight: "600" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Menu: {
      defaultProps: {
        shadow: "md",
        // in a landmark of the page, and with the first item in focus (ARIA authoring practices)
        portalProps: { target: "#menus" },
        withInitialFocusPlaceholder: false,
        transitionProps: { duration: 90 },
      },
    },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 } } },
    Tooltip: {
      defaultProps: { openDelay: 450, portalProps: { target: "#menus" }, transitionProps: { duration: 90 } },
    },
  },
});
