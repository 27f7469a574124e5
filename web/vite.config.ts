import react from "@vitejs/plugin-react";
import mantine from "postcss-preset-mantine";
import { defineConfig } from "vite";

const root = new URL(".", import.meta.url).pathname;
/** `npm start` listens here; the development server only adds hot reload in front of it. */
const BACKEND = "http://127.0.0.1:8080";

export default defineConfig({
  root,
  plugins: [react()],
  css: { postcss: { plugins: [mantine()] } },
  build: { outDir: "dist", emptyOutDir: true, target: "es2023", assetsInlineLimit: 0 },
  server: {
    proxy: Object.fromEntries(
      [
        "/signup",
        "/session",
        "/v1",
        "/quarantine",
        "/invitations",
        "/branding",
        "/service-status",
        "/jmap",
        "/.well-known/jmap",
      ].map((path) => [path, BACKEND]),
    ),
  },
});
