// Looks at the pages of a visit and a booking that links in mails open, works them by keyboard, and
// tells what it saw, as one line of JSON.
//
//   node arranged.mjs CHROMIUM FOLDER VISIT BOOKING
//
// VISIT is the page of a visit that its reader is asked about, BOOKING that of places they have.
import { browser, look, looks, must, parameters, tell } from "./browser.mjs";

const [visit, booking] = parameters;
const targets = "button, summary, input:not([type=hidden]), textarea";

/** Opens every part of a page that can be opened, by its keyboard. */
async function open(page) {
  for (const part of await page.locator("summary").all()) {
    await part.focus();
    await page.keyboard.press("Enter");
  }
  const closed = await page.locator("details:not([open])").count();
  must("every part opens by keyboard", closed === 0);
}

async function visitAs(as, isLast) {
  const context = await browser.newContext({ ...as, bypassCSP: true, javaScriptEnabled: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const see = (name) => look(page, { name, look: as, targets, least: 44 });
  await page.goto(visit);
  await see("visit");
  await open(page);
  await see("visit-open");
  // A time that runs backwards is explained beside its field, and what was entered is still there.
  await page.fill("#starts", "15:00");
  await page.fill("#ends", "14:00");
  await page.press("#ends", "Enter");
  await page.waitForSelector("#time_error");
  must("the title says that it went wrong", (await page.title()).startsWith("Error:"));
  must("what was entered stays", (await page.inputValue("#starts")) === "15:00");
  await see("visit-wrong");
  await page.goto(booking);
  await open(page);
  await see("booking-open");
  if (isLast) {
    await page.goto(visit);
    await page.focus("button[value=agree]");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    must("agreeing is said", (await page.textContent("[role=status]")).includes("You have agreed"));
    await see("visit-agreed");
  }
  must("no cookies", (await context.cookies()).length === 0);
  await context.close();
}

await tell(async () => {
  for (const as of looks) await visitAs(as, as === looks.at(-1));
});
