// Signs in and out in a real browser and tells what it saw, as one line of JSON.
//
//   node sign_in.mjs CHROMIUM FOLDER ADDRESS LINK DEMO FRONT OTHER
//
// ADDRESS is the api's; LINK the path of a link from a mail, which is looked at and not spent, DEMO
// that of one of the demonstration's. A service of the key `away` does not answer. FRONT is an origin
// whose pages may ask the graph, OTHER one whose may not. FOLDER gets a screenshot of every page at each width and theme.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, folder, address, link, demo, front, other] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const looks = [320, 1280].flatMap((width) => ["light", "dark"].map((colorScheme) => ({
  name: `${width}-${colorScheme}`, viewport: { width, height: 800 }, colorScheme,
})));

const browser = await chromium.launch({ executablePath, headless: true, args: flags });
const seen = { pages: [], faults: [] };

function must(what, holds) {
  if (!holds) seen.faults.push(what);
}

async function visit(look) {
  // The checker needs the policy out of the way; that it is sent is tested where the headers are.
  const context = await browser.newContext({ ...look, bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const open = (path) => page.goto(address + path);
  const press = (name) => Promise.all([
    page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click(),
  ]);

  await open("/sign-in?return_to=/hubs");
  await see("ways");
  await page.getByLabel("Your e-mail address").fill("nobody");
  await press("Mail me a link");
  must("a wrong address: the title says so", (await page.title()).startsWith("Error:"));
  must("it need not be typed again", (await page.inputValue("#email")) === "nobody");
  await see("ways-wrong");
  await page.getByLabel("Your e-mail address").fill("nobody@demo.example");
  await press("Mail me a link");
  await see("asked");
  await open(link);
  await see("link");
  await open(link.slice(0, -4));
  await see("link-dead");
  await page.getByRole("link", { name: "Go to the sign-in page" }).click();
  must("a dead link knows the way back", page.url() === `${address}/sign-in`);
  await open("/sign-in/oidc/nowhere");
  await see("no-such-service");
  await open("/sign-in/oidc/away?return_to=/hubs");
  await see("service-away");
  await open(`${demo}?return_to=/healthz`);
  await see("demo");
  await press("Sign in");
  must("whoever heads somewhere lands there", new URL(page.url()).pathname === "/healthz");
  await open(demo);
  await press("Sign in");
  must("whoever does not lands on their own page", new URL(page.url()).pathname === "/sign-in");
  await see("signed-in");
  const [told, hidden] = [await ask(front), await ask(other)];
  must(`a page of an origin in the settings may read: ${told}`, told === "200 Demo Ash");
  must(`and no page of another: ${hidden}`, hidden === "Failed to fetch");
  await open("/sign-in?return_to=/healthz");
  await see("signed-in-and-heading");
  await page.getByRole("link", { name: "Go on to where you were heading" }).click();
  must("and goes on", new URL(page.url()).pathname === "/healthz");
  await open("/sign-out");
  await see("sign-out");
  await press("Sign out");
  await see("signed-out");
  must("no cookie is left", (await context.cookies()).length === 0);
  await open("/sign-out");
  await see("not-signed-in");
  await context.close();

  /** Asks the graph as a page of another origin of the same site, with the session's cookie. */
  async function ask(origin) {
    await page.goto(`${origin}/`);
    return page.evaluate(async (graph) => {
      try {
        const response = await fetch(graph, {
          method: "POST",
          credentials: "include",
          headers: { "content-type": "application/json", "graphql-preflight": "1" },
          body: JSON.stringify({ query: "{ viewer { name } }" }),
        });
        const { data, errors } = await response.json();
        return `${response.status} ${data?.viewer.name ?? errors[0].message}`;
      } catch (error) {
        return error.message;
      }
    }, `${address}/graphql`);
  }

  /** Looks at a page as a visitor with this look would, and notes what is wrong with it. */
  async function see(name) {
    const at = `${name} at ${look.name}`;
    seen.pages.push({ name, look: look.name, title: await page.title() });
    const sizes = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      room: document.documentElement.clientWidth,
      small: [...document.querySelectorAll("button, input:not([type=hidden])")]
        .map((it) => ({ what: it.textContent.trim() || it.id, high: it.getBoundingClientRect().height }))
        .filter((it) => it.high < 40),
    }));
    must(`${at}: ${sizes.wide} pixels in ${sizes.room}`, sizes.wide <= sizes.room);
    for (const it of sizes.small) must(`${at}: ${it.what} is ${it.high} pixels high`, false);
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: true });
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run(document));
    for (const it of result.violations) {
      must(`${at}: ${it.id}: ${it.nodes.map((node) => node.html).join(" | ")}`, false);
    }
  }
}

try {
  for (const one of looks) await visit(one);
} catch (error) {
  seen.faults.push(String(error.stack ?? error));
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
