// /docs as a person meets it: in a browser, by keyboard, wide and narrow.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { chromium } from "playwright-core";

import { serve } from "./app.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
               "--disable-component-update", "--disable-sync"];
const SCREENSHOTS = process.env.FRESHET_SCREENSHOTS;  // a folder to leave pictures in
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

let app;
let browser;
let context;
let page;
let complaints;

before(async () => {
  app = await serve("apps/household", { rows: 2000 });
  const executablePath = process.env.FRESHET_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
});
after(async () => {
  await browser?.close();
  assert.equal(await app?.stop(), 0);
});
beforeEach(() => open(WIDE));
afterEach(() => context.close());

async function open(viewport, colorScheme = "light") {
  await context?.close();
  context = await browser.newContext({ viewport, colorScheme, serviceWorkers: "block" });
  page = await context.newPage();
  complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => { if (!request.url().startsWith(app.url)) complaints.push(`asked for ${request.url()}`); });
}

async function show(hash = "") {
  await page.goto(`${app.url}/docs${hash}`);
  await page.waitForSelector("body.ready");
}

async function picture(name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

const visibleLinks = () => page.locator(".list li:not([hidden]) a");
const field = (name) => page.locator(".field", { has: page.locator(`.name:text-is("${name}")`) });
async function send() {
  await page.click("button.send");
  await page.waitForSelector(".result .status-line");
}
const status = () => page.locator(".result .status-line strong").innerText();

test("the page lists every endpoint of the document and the browser has nothing to complain about", async () => {
  const document = await (await fetch(`${app.url}/openapi.json`)).json();
  const count = Object.values(document.paths).reduce((sum, item) => sum + Object.keys(item).length, 0);
  await show();
  assert.equal(await visibleLinks().count(), count);
  assert.equal(await page.title(), document.info.title);
  assert.deepEqual(complaints, []);
  await picture("overview-1280");
});

test("search narrows by words of path, method and summary, and says when nothing fits", async () => {
  await show();
  await page.fill("#search", "post transactions");
  assert.deepEqual(await visibleLinks().locator(".path").allInnerTexts(), ["/transactions"]);
  await page.fill("#search", "no such words at all");
  assert.equal(await visibleLinks().count(), 0);
  assert.match(await page.innerText("#count"), /^0 of \d+$/);
});

test("the keyboard alone finds and opens an endpoint", async () => {
  await show();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "search");
  await page.keyboard.type("export");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".operation");
  assert.equal(await page.innerText("h1 .path"), "/transactions/export");
  assert.equal(new URL(page.url()).hash, "#get-/transactions/export");
});

test("a deep link opens its endpoint, and going back keeps what was typed", async () => {
  await show("#get-/transactions");
  await field("q").locator("input").fill("rent");
  await page.click(".list a[href='#get-/transactions/export']");
  await page.waitForSelector("h1 .path:has-text('export')");
  await page.goBack();
  await page.waitForSelector(".field");
  assert.equal(await field("q").locator("input").inputValue(), "rent");
});

test("a wrong parameter is shown at its own input, and the right one is answered", async () => {
  await show("#get-/transactions");
  await field("min_cents").locator("input").fill("1");
  await field("page_size").locator("input").fill("100000");
  await send();
  assert.match(await status(), /^422/);
  assert.match(await field("page_size").locator(".problem").innerText(), /must be at most 500/);
  assert.equal(await field("page_size").locator("input").getAttribute("aria-invalid"), "true");
  assert.equal(await field("min_cents").locator(".problem").isVisible(), false);
  await picture("field-error-1280");
  await field("page_size").locator("input").fill("3");
  await send();
  await page.waitForSelector(".result .good");
  assert.match(await status(), /^200/);
  assert.equal(await field("page_size").locator(".problem").isVisible(), false);
  assert.equal(await page.locator(".json > details > .inside > details > .inside").first().locator("> *").count(), 3);
  await picture("answer-1280");
});

test("a required parameter that is missing is asked for at its input, and then answered", async () => {
  const other = await serve("tests/web/every_type");
  try {
    await page.goto(`${other.url}/docs#get-/echo`);
    await page.waitForSelector(".field");
    await field("date").locator("input").fill("2025-01-31");
    await send();
    assert.match(await status(), /^422/);
    assert.equal(await field("month").locator(".problem").innerText(), "is required");
    assert.equal(await page.evaluate(() => document.activeElement.closest(".field").querySelector(".name").textContent), "month");
    const answers = { month: "2025-06", text: "abc", int: "-5", decimal: "12.50", timestamp: "2025-01-31T08:30:00+01:00", ints: "1, 2",
                      uuid: "123E4567-e89b-12d3-a456-426614174000", "x-note": "hello" };
    for (const [name, text] of Object.entries(answers)) await field(name).locator("input").fill(text);
    await field("json").locator("textarea").fill('{"a": [1]}');
    await field("bool").locator("select").selectOption("false");
    await send();
    await page.waitForSelector(".result .good");
    const shown = (await page.locator(".json").innerText()).replace(/\s+/g, " ");
    for (const part of ['"decimal": 12.5', '"timestamp": "2025-01-31T07:30:00', '"bool": false', '"note": "hello"', '"ints": 2', '"a": [ 1 ]']) {
      assert.ok(shown.includes(part), `${part} in ${shown}`);
    }
    assert.deepEqual(complaints.filter((text) => !/status of 422/.test(text) && !text.startsWith(`asked for ${other.url}`)), []);
  } finally {
    await other.stop();
  }
});

test("a missing part of the path is asked for without a request", async () => {
  await show("#get-/transactions/{id}");
  await page.click("button.send");
  assert.equal(await field("id").locator(".problem").innerText(), "is required");
  assert.equal(await page.locator(".result .status-line").count(), 0);
  await field("id").locator("input").fill("1");
  await send();
  assert.match(await status(), /^200/);
});

test("each type has its own input", async () => {
  await show("#get-/transactions");
  assert.equal(await field("month").locator("input").getAttribute("type"), "month");
  assert.equal(await field("min_cents").locator("input").getAttribute("type"), "number");
  assert.deepEqual(await field("sort").locator("option").allInnerTexts(),
                   ["date_desc (default)", "date_desc", "date_asc", "amount_desc", "amount_asc", "label"]);
  assert.equal(await field("exclude").locator("select option").count(), 3);
  assert.equal(await field("expense_types").locator("input[type=checkbox]").count(), 3);
  await field("expense_types").locator("input[value=FIXED]").check();
  await field("expense_types").locator("input[value=PROVISION]").check();
  assert.match(await page.innerText(".curl code"), /\/transactions\?expense_types=FIXED,PROVISION'$/);
});

test("bounds are shown: of decimals, dates and months too, and what a problem document has", async () => {
  const other = await serve("tests/web/every_type");
  try {
    await page.goto(`${other.url}/docs#get-/echo`);
    await page.waitForSelector(".field");
    const notes = async (name) => (await field(name).locator(".about").allInnerTexts()).join(" ");
    assert.match(await notes("decimal"), /0\.01 to 99\.99; at most 2 decimals/);
    assert.match(await notes("date"), /2020-01-01 to 2029-12-31/);
    assert.equal(await field("date").locator("input").getAttribute("max"), "2029-12-31");
    assert.match(await notes("month"), /at least 2020-01/);
    await page.click(".problems > summary");
    assert.ok((await page.locator(".problems .name").allInnerTexts()).includes("hint"));
    await page.click(".list a[href='#get-/numbers']");
    await page.waitForSelector("h1 .path:has-text('numbers')");
    assert.deepEqual(await field("format").locator("option").allInnerTexts(), ["not sent", "json", "ndjson", "csv"]);
  } finally {
    await other.stop();
  }
});

test("a body starts as an example that is accepted, and its mistakes are listed beneath it", async () => {
  await show("#post-/transactions");
  await send();
  assert.match(await status(), /^201/);
  await page.fill("#body", '{"label": "", "nonsense": 1}');
  await send();
  await page.waitForSelector(".editor .problem li");
  const problems = (await page.locator(".editor .problem li").allInnerTexts()).join("\n");
  assert.match(problems, /^label must have at least 1 character$/m);
  assert.match(problems, /^date_op is required$/m);
  assert.match(problems, /^nonsense is not known here/m);
  await page.fill("#body", '{"label": ');
  assert.match(await page.innerText(".editor .problem"), /not JSON/);
});

test("a streamed answer comes as the type that was chosen", async () => {
  await show("#get-/transactions/export");
  await page.selectOption("#format", "text/csv");
  assert.match(await page.innerText(".curl code"), /-H 'Accept: text\/csv'/);
  await send();
  assert.match(await page.innerText(".frame pre"), /^id,date_op,/);
});

test("numbers are shown with every digit that was sent", async () => {
  await show("#get-/summary/enhanced");
  await field("month").locator("input").fill("2025-06");
  await send();
  const sent = await (await fetch(`${app.url}/summary/enhanced?month=2025-06`)).text();
  const share = /"share":(\d+\.\d+)/.exec(sent)[1];
  await page.waitForSelector(".json");
  assert.ok((await page.locator(".json .number, .json .fold").allTextContents()).some((text) => text.includes(share)));
});

test("a narrow screen shows the list or the endpoint, and nothing is wider than it", async () => {
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await open(NARROW);
  await show();
  assert.equal(await overflow(), 0);
  await picture("overview-390");
  await page.click(".list a[href='#get-/transactions']");
  await page.waitForSelector(".operation");
  await page.waitForSelector(".side", { state: "hidden" });
  assert.equal(await overflow(), 0);
  await picture("endpoint-390");
  await send();
  assert.equal(await overflow(), 0);
  await page.click(".back");
  await page.waitForSelector(".side", { state: "visible" });
});

test("light and dark follow the system", async () => {
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await show();
  const light = await paper();
  await open(WIDE, "dark");
  await show("#get-/transactions");
  assert.notEqual(await paper(), light);
  await picture("dark-1280");
});

test("every input has a name that a screen reader can say", async () => {
  for (const hash of ["", "#get-/transactions", "#post-/transactions", "#get-/transactions/export"]) {
    await show(hash);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("input, select, textarea, button")].filter((input) =>
      !input.getAttribute("aria-label") && !input.textContent.trim() && input.labels?.length === 0).map((input) => input.outerHTML));
    assert.deepEqual(nameless, []);
  }
});

test("the page comes with a policy that allows nothing from elsewhere, and an ETag that saves sending it again", async () => {
  const response = await fetch(`${app.url}/docs`);
  assert.match(response.headers.get("content-security-policy"), /^default-src 'none'; script-src 'self'/);
  assert.doesNotMatch(response.headers.get("content-security-policy"), /unsafe|https?:|\*/);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal((await fetch(`${app.url}/docs/docs.js`)).headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal((await fetch(`${app.url}/docs/docs.css`)).headers.get("content-type"), "text/css; charset=utf-8");
  const again = await fetch(`${app.url}/docs`, { headers: { "If-None-Match": response.headers.get("etag") }, cache: "no-store" });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
  assert.equal((await fetch(`${app.url}/docs/nothing.js`)).status, 404);
});
