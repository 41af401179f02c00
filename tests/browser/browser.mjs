// What the scripts share: they are started as
//
//   node SCRIPT CHROMIUM FOLDER ARGUMENTS...
//
// put their screenshots into FOLDER and tell what they saw as one line of JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, folder, ...given] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");

/** What a script was started with, after the browser and the folder. */
export const parameters = given;

/** These sizes of a window, light and dark. */
export const looksAt = (sizes) => sizes.flatMap(([width, height]) =>
  ["light", "dark"].map((colorScheme) => ({
    name: `${width}-${colorScheme}`, viewport: { width, height }, colorScheme,
  })),
);

/** The widths of a phone and of a desk, light and dark. */
export const looks = looksAt([[320, 640], [1280, 800]]);

export const browser = await chromium.launch({
  executablePath,
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

/** What is told at the end: the pages looked at, what is wrong, and what a script adds. */
export const seen = { pages: [], faults: [] };

/** Notes `what` as wrong unless it holds. */
export function must(what, holds) {
  if (!holds) seen.faults.push(what);
}

export const screenshot = (page, name, options) =>
  page.screenshot({ path: join(folder, `${name}.png`), ...options });

/**
 * Looks at a page as a visitor with this look would and notes what is wrong with it: what is wider
 * than the window, what of `targets` is less than `least` pixels high, and what axe finds by all its
 * rules but those `without`.
 */
export async function look(page, { name, look, targets, least, without = [] }) {
  const at = `${name} at ${look.name}`;
  seen.pages.push({ name, look: look.name, title: await page.title() });
  const sizes = await page.evaluate(([targets, least]) => ({
    wide: document.documentElement.scrollWidth,
    room: document.documentElement.clientWidth,
    small: [...document.querySelectorAll(targets)]
      .map((it) => ({ what: it.textContent.trim() || it.id, high: it.getBoundingClientRect().height }))
      .filter((it) => it.high < least),
  }), [targets, least]);
  must(`${at}: ${sizes.wide} pixels in ${sizes.room}`, sizes.wide <= sizes.room);
  for (const it of sizes.small) must(`${at}: ${it.what} is ${it.high} pixels high`, false);
  await screenshot(page, `${name}-${look.name}`, { fullPage: true });
  // The page's own policy lets no script run; the one that looks at it comes from outside.
  await page.evaluate(axe);
  const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
  const result = await page.evaluate((rules) => window.axe.run(document, { rules }), rules);
  for (const it of result.violations) {
    must(`${at}: ${it.id}: ${it.nodes.map((node) => node.html).join(" | ")}`, false);
  }
}

/** Lives through `story` and tells what was seen; where it breaks off, what was open is kept. */
export async function tell(story) {
  try {
    await story();
  } catch (error) {
    seen.faults.push(String(error.stack ?? error));
    const open = browser.contexts().flatMap((context) => context.pages());
    const kept = open.map((page, at) => screenshot(page, `fault-${at + 1}`));
    await Promise.allSettled(kept);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(seen));
}
