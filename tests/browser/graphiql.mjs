// Looks at GraphiQL in a real browser and tells what it saw, as one line of JSON.
//
//   node graphiql.mjs CHROMIUM URL TOKEN FOLDER
//
// URL is where the api answers; FOLDER gets screenshots.
import { join } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, url, token, folder] = process.argv.slice(2);
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const browser = await chromium.launch({ executablePath, headless: true, args: flags });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
page.setDefaultTimeout(25_000);
const seen = { faults: [], foreign: [] };

page.on("console", (message) => {
  if (message.type() === "error") seen.faults.push(message.text());
});
page.on("pageerror", (error) => seen.faults.push(String(error)));
page.on("request", (request) => {
  if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) {
    seen.foreign.push(request.url());
  }
});

/** The first event of a subscription. */
const heard = new Promise((resolve) => {
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      if (String(payload).includes("\"next\"")) resolve(String(payload));
    }),
  );
});

/** Picks an operation from the button's menu, which is there once the editor has read the document. */
const run = async (operation) => {
  const item = page.getByRole("menuitem", { name: operation });
  const offered = () => item.waitFor({ timeout: 1_000 }).then(() => true, () => false);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    await page.locator(".graphiql-execute-button").click();
    if (await offered()) break;
  }
  await item.click();
};

try {
  await page.goto(`${url}/graphiql#token=${token}`);
  await page.locator(".graphiql-execute-button").waitFor();
  seen.address = page.url();
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().postData()?.includes("FirstLook") ?? false),
    run("FirstLook"),
  ]);
  const body = await answer.json();
  seen.viewer = body.data?.viewer?.name ?? JSON.stringify(body.errors);
  await page.locator(".graphiql-response").getByText("totalCount").first().waitFor();
  await page.screenshot({ path: join(folder, "query.png") });
  await run("Alerts");
  seen.event = JSON.parse(await heard).payload.data;
  await page.screenshot({ path: join(folder, "subscription.png") });
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.locator(".graphiql-plugin").getByText("Subscription").first().waitFor();
  await page.screenshot({ path: join(folder, "schema.png") });
  // Nothing of the token is left behind for the next person at this machine.
  const kept = await page.evaluate(() => JSON.stringify({ ...window.localStorage }));
  seen.kept = kept.includes(token);
} catch (error) {
  seen.faults.push(String(error));
  await page.screenshot({ path: join(folder, "fault.png") });
}
await browser.close();
console.log(JSON.stringify(seen));
