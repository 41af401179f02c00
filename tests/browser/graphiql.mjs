// Looks at GraphiQL in a real browser and tells what it saw, as one line of JSON.
//
//   node graphiql.mjs CHROMIUM FOLDER URL TOKEN
//
// URL is where the api answers; FOLDER gets screenshots.
import { browser, parameters, screenshot, seen, tell } from "./browser.mjs";

const [url, token] = parameters;
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
page.setDefaultTimeout(25_000);
seen.foreign = [];

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

await tell(async () => {
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
  await screenshot(page, "query");
  await run("Alerts");
  seen.event = JSON.parse(await heard).payload.data;
  await screenshot(page, "subscription");
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.locator(".graphiql-plugin").getByText("Subscription").first().waitFor();
  await screenshot(page, "schema");
  // Nothing of the token is left behind for the next person at this machine.
  const kept = await page.evaluate(() => JSON.stringify({ ...window.localStorage }));
  seen.kept = kept.includes(token);
});
