// Looks at mails as programs show them that keep to CSS, and tells what it saw, as one line of JSON.
//
//   node mails.mjs CHROMIUM FOLDER MAILS
//
// MAILS is a folder of HTML files; FOLDER gets a screenshot of each at each width and theme.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { browser, look, looksAt, must, parameters, tell } from "./browser.mjs";

const [folder] = parameters;
const mails = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();

await tell(async () => {
  for (const as of looksAt([[320, 640], [600, 800]])) {
    const context = await browser.newContext(as);
    const page = await context.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    for (const file of mails) {
      await page.goto(pathToFileURL(join(folder, file)).href);
      // A mail is part of a page of its program, which has the landmarks.
      const without = ["region", "landmark-one-main"];
      const name = file.replace(/\.html$/, "");
      await look(page, { name, look: as, targets: "a.action", least: 44, without });
      const buttons = await page.locator("a.action").count();
      must(`${name} has ${buttons} main buttons`, buttons <= 1);
    }
    must("no mail fetches anything", asked.every((url) => url.startsWith("file:")));
    await context.close();
  }
});
