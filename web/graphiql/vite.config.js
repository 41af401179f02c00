// The api serves what is built here under /graphiql. Nothing is inlined, so that its Content
// Security Policy needs to allow no `data:`.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/graphiql/",
  esbuild: { jsx: "automatic" },
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 8000, modulePreload: { polyfill: false } },
  worker: { format: "es" },
});
