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
page.setDefaultTimeout(60_000);
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

const run = async (operation) => {
  await page.locator(".graphiql-execute-button").click();
  await page.getByRole("menuitem", { name: operation }).click();
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
  const [socket] = await Promise.all([page.waitForEvent("websocket"), run("Alerts")]);
  const frame = await socket.waitForEvent("framereceived", {
    predicate: ({ payload }) => String(payload).includes("\"next\""),
  });
  seen.event = JSON.parse(frame.payload).payload.data;
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
