import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";
import { text } from "./src/strings";

const SERVICE = "http://127.0.0.1:8000";

// What the documents say before any script runs comes from the one file of strings as well.
const words: Readonly<Record<string, string>> = { language: text.language, name: text.name, ...text.document };
const strings = { name: "strings", transformIndexHtml: (html: string) => html.replace(/%(\w+)%/g, (whole, key: string) => words[key] ?? whole) };

export default defineConfig({
  base: "/page/",
  plugins: [preact({ devToolsEnabled: false }), strings],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the policy allows no data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "docs.html"],
      output: {
        // Swagger UI is large and a page of its own: it lies apart from what the other views load.
        entryFileNames: ({ name }) => (name === "docs" ? "assets/openapi/[name]-[hash].js" : "assets/[name]-[hash].js"),
        assetFileNames: ({ names }) => (names.includes("docs.css") ? "assets/openapi/[name]-[hash][extname]" : "assets/[name]-[hash][extname]"),
      },
    },
  },
  server: { proxy: { "/v1": { target: SERVICE, ws: true } } },
  test: { pool: "threads", environment: "happy-dom", include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
