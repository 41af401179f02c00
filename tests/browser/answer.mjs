// Answers a survey in a real browser by keyboard alone and tells what it saw, as one line of JSON.
//
//   node answer.mjs CHROMIUM FOLDER URL
//
// URL is where the survey begins; FOLDER gets a screenshot of every page at each width and theme.
import { browser, look, looks, must, parameters, tell } from "./browser.mjs";

const [url] = parameters;
const targets = "button, a, input:not([type=radio]), textarea, .option label";

/** What has the focus, in words that a test can compare. */
const focused = (page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    return it.id || it.getAttribute("role") || it.textContent.trim() || it.tagName;
  });

/** Presses Tab until what has the focus is `wanted`. */
async function tabTo(page, wanted) {
  for (let step = 0; step < 40; step += 1) {
    if ((await focused(page)) === wanted) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${wanted} is not reached by Tab; the focus is at ${await focused(page)}`);
}

/** Presses a key that leads to another page. */
async function go(page, key) {
  await Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
}

async function answer(as) {
  // The checker's styles and script need the policy out of the way; that it is sent is tested
  // where the headers are.
  const context = await browser.newContext({ ...as, bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  const scripts = [];
  page.on("response", async (response) => {
    const policy = response.headers()["content-security-policy"] ?? "";
    if (!policy.includes("default-src 'none'")) scripts.push(response.url());
  });

  await page.goto(new URL("/survey", url).href);
  await see("code");
  await tabTo(page, "code");
  await page.keyboard.type("BBBB-BBBB");
  await go(page, "Enter");
  must("a wrong code: the summary has the focus", (await focused(page)) === "alert");
  must("a wrong code: the title says so", (await page.title()).startsWith("Error:"));
  await see("code-wrong");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  must("the link of the summary leads to the field", (await focused(page)) === "code");
  await page.keyboard.press("Control+A");
  await page.keyboard.type(decodeURIComponent(url.split("/").pop()).toLowerCase());
  await go(page, "Enter");
  await see("welcome");
  await tabTo(page, "Start");
  await go(page, "Enter");
  await see("page-1");

  // Sent empty: every question is named, and the first link leads to its first option.
  await tabTo(page, "Save and go on");
  await go(page, "Space");
  must("the summary has the focus", (await focused(page)) === "alert");
  must("the title says so", (await page.title()).startsWith("Error:"));
  await see("page-1-wrong");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  must("a link leads to the first option", (await focused(page)) === "calm-always");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  must("arrows choose", (await focused(page)) === "calm-often");
  await page.keyboard.press("Tab");
  must("Tab goes to the next question", (await focused(page)) === "fair-always");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await see("page-1-answered");
  await go(page, "Enter");
  must("page 2 has come", (await page.title()).includes("page 2 of 2"));
  const address = page.url();

  // Gone and come back: the address goes on where one was.
  await page.goto(address.replace(/\/2$/, ""));
  must("reopened where one was", page.url() === address);
  await tabTo(page, "safe-always");
  await page.keyboard.press("Space");
  await see("page-2");
  await tabTo(page, "Save and check");
  await go(page, "Enter");
  must("the check has come", (await page.title()).startsWith("Check your answers"));
  await see("check");

  // Back to what was saved, and forward again.
  await page.goBack();
  must("back shows what was saved", await page.isChecked("#safe-always"));
  await page.goForward();
  await tabTo(page, "Send my answers");
  await go(page, "Enter");
  must("thanked", (await page.title()).startsWith("Thank you"));
  await see("sent");
  await page.goBack();
  must("back after sending still thanks", (await page.title()).startsWith("Thank you"));
  must("nothing comes from elsewhere", asked.every((origin) => origin === new URL(url).origin));
  must(`the policy is sent with ${scripts}`, scripts.length === 0);
  must("no cookies", (await context.cookies()).length === 0);
  await context.close();

  function see(name) {
    return look(page, { name, look: as, targets, least: 44 });
  }
}

await tell(async () => {
  for (const one of looks) await answer(one);
});
