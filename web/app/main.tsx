import { StrictMode } from "react";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { theme } from "../ui/theme.ts";
import { startI18n } from "./i18n.ts";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";

const RELOADED_AT = "angelia.reloaded";

/** After an update of the server, a page that was open before asks for files that are gone: it needs to begin anew.
 * What is being written has its copy in this browser. */
function reloadWhenOutdated(): void {
  globalThis.addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
    if (Date.now() - last < 60_000) return;
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    event.preventDefault();
    location.reload();
  });
}

async function start(): Promise<void> {
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  reloadWhenOutdated();
  await startI18n();
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

void start();
