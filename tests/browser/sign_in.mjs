// Signs in and out in a real browser and tells what it saw, as one line of JSON.
//
//   node sign_in.mjs CHROMIUM FOLDER ADDRESS LINK DEMO FRONT OTHER
//
// ADDRESS is the api's; LINK the path of a link from a mail, which is looked at and not spent, DEMO
// that of one of the demonstration's. A service of the key `away` does not answer. FRONT is an origin
// whose pages may ask the graph, OTHER one whose may not. FOLDER gets a screenshot of every page at each width and theme.
import { browser, look, looks, must, parameters, tell } from "./browser.mjs";

const [address, link, demo, front, other] = parameters;

async function visit(as) {
  // The checker needs the policy out of the way; that it is sent is tested where the headers are.
  const context = await browser.newContext({ ...as, bypassCSP: true });
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

  function see(name) {
    return look(page, { name, look: as, targets: "button, input:not([type=hidden])", least: 40 });
  }
}

await tell(async () => {
  for (const one of looks) await visit(one);
});
