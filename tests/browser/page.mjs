// The page of `prx serve` in a real browser: page.mjs PRX CHROMIUM FOLDER [SCREENSHOT]. FOLDER is an empty one to work in.
import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Browser, startServer, stop } from "./browser.mjs";

const [prx, chromium, folder, screenshot] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const hostile = "<img src=x onerror=\"document.title='owned'\">";
const clientKey = "prx-of-check-page-0";
let failed = 0;

async function check(name, claim) {
  try {
    await claim();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
  }
}
function expect(holds, what, seen) {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

const sim = await startServer(prx, ["sim", "--quiet", "--pace", "5"], process.env);
const env = { ...process.env, OPENROUTER_API_KEY: "sk-or-v1-of-check-page-0", OPENAI_API_KEY: "sk-of-check-page-0",
  OPENROUTER_BASE_URL: sim.url, OPENAI_BASE_URL: sim.url.replace(/\/api\/v1$/, "/v1"),
  XDG_CACHE_HOME: join(folder, "cache"), XDG_STATE_HOME: join(folder, "state") };
delete env.PRX_CHAIN;
const serve = (config) => startServer(prx, ["serve", "--quiet", "--listen", "127.0.0.1:0", "--config", config], env);
const server = await serve(join(here, "serve.toml"));

/** The status of a call whose answer was read to its end, or "broken". */
async function ask(model, members = {}) {
  const messages = [{ role: "user", content: "Say hello." }];
  try {
    const answer = await fetch(`${server.url}/v1/chat/completions`, { method: "POST",
      headers: { "Content-Type": "application/json" }, body: JSON.stringify({ model, messages, ...members }) });
    await answer.text();
    return answer.status;
  } catch {
    return "broken";
  }
}

const browser = await Browser.open(chromium, join(folder, "profile"));
const rows = "document.querySelectorAll('#calls tbody').length";
const text = (selector) => browser.value(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ""`);
await browser.size(1280, 1000);
await browser.goto(`${server.url}/`);

await check("an idle server shows its header and its chain, and no calls", async () => {
  await browser.until("document.getElementById('state')?.textContent === 'serving'");
  expect((await text("#version")).length > 0, "a version", "");
  expect(/MiB/.test(await text("#memory")), "memory", await text("#memory"));
  expect((await text("#targets tbody")).includes("not asked yet"), "the chain", await text("#targets tbody"));
  expect((await browser.value(rows)) === 0, "no calls", await browser.value(rows));
});

await check("calls appear as they end, without a reload", async () => {
  await browser.value("window.same = true");
  for (let i = 0; i < 4; i += 1) expect((await ask("chain:main", { stream: i > 1 })) === 200, "an answer", i);
  await browser.until(`${rows} === 4`);
  expect((await ask("chain:busy")) === 200, "an answer", "busy");
  await ask("chain:cut", { stream: true });
  await browser.until(`${rows} === 6`);
  expect(await browser.value("window.same"), "the same page", false);
});

await check("targets show their order, state, time line and numbers", async () => {
  for (let i = 0; i < 6; i += 1) expect((await ask("chain:down")) === 200, "an answer", i);
  await browser.until("document.querySelector('#targets rect.open') !== null");
  const order = await browser.value("[...document.querySelectorAll('#targets tbody tr')].map((row) => row.cells[0].textContent)");
  expect(order[0] === "1" && order[1] === "2", "the chain's order", order);
  const words = await text("#targets tbody");
  expect(words.includes("500open, ") && words.includes("openai gpt-4o"), "states", words);
  expect(await browser.value("document.querySelector('#targets rect.closed') !== null"), "a line", words);
});

await check("charts have a dot for each call, and numbers", async () => {
  await browser.until("document.querySelectorAll('#duration .dots').length > 0");
  const dots = "[...document.querySelectorAll('#duration .dots, #duration .crosses')]" +
    ".reduce((all, path) => all + path.getAttribute('d').split('M').length - 1, 0)";
  expect((await browser.value(dots)) === 12, "twelve calls", await browser.value(dots));
  expect(/p50 .*, p95 .*s, 12 calls/.test(await text("#duration-numbers")), "numbers", await text("#duration-numbers"));
  expect(await browser.value("document.querySelectorAll('#first .dots').length > 0"), "first tokens", 0);
  const label = await browser.value("document.getElementById('first').getAttribute('aria-label')");
  expect(label.startsWith("Time to first token: p50 "), "a label", label);
});

await check("an attempt trail opens by the keyboard and stays open", async () => {
  const buttons = "[...document.querySelectorAll('#calls button')]";
  await browser.value(`${buttons}.at(-1).focus()`);
  for (const type of ["keyDown", "keyUp"])
    await browser.call("Input.dispatchKeyEvent", { type, key: "Enter", code: "Enter", text: "\r", windowsVirtualKeyCode: 13 });
  await browser.until("document.querySelector('#calls .trail') !== null");
  const trail = await text("#calls .trail");
  for (const word of ["1 first", "fallback", "HTTP 503", "overloaded", "served"])
    expect(trail.includes(word), `"${word}" in the trail`, trail);
  await ask("chain:main");
  await browser.until(`${rows} === 13`);
  expect((await text("#calls .trail")) === trail, "the same trail", await text("#calls .trail"));
  expect(await browser.value(`${buttons}.at(-1) === document.activeElement`), "the same focus", false);
  await browser.value(`${buttons}.at(-1).click()`);
  expect((await text("#calls .trail")) === "", "a closed trail", "open");
});

await check("a failed call is marked, and a hostile name stays text", async () => {
  expect((await ask(hostile)) !== 200, "an error", 200);
  await browser.until(`${rows} === 14`);
  const shown = await text("#calls tbody");
  expect(shown.includes(hostile), "the name as text", shown);
  expect(await browser.value("document.querySelectorAll('img').length === 0"), "no element of it", "img");
  expect((await browser.value("document.title")) === "prx serve", "nothing of it ran", await browser.value("document.title"));
  expect(await browser.value("document.querySelector('#calls td.failed') !== null"), "an outcome", shown);
  await browser.until("document.querySelector('#duration .crosses') !== null");
});

await check("it fits 400 pixels, light and dark", async () => {
  for (const value of ["light", "dark"]) {
    await browser.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
    await browser.size(400, 800);
    await browser.until("window.innerWidth === 400");
    const wide = await browser.value("document.documentElement.scrollWidth");
    expect(wide <= 400, "no wider than the window", wide);
    const back = await browser.value("getComputedStyle(document.body).backgroundColor");
    expect((value === "light") === (back === "rgb(255, 255, 255)"), value, back);
  }
  await browser.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "light" }] });
  await browser.size(1280, 1000);
});

await check("it asks nobody but its server, and the console is silent", async () => {
  const foreign = browser.requests.filter((one) => !one.url.startsWith(`${server.url}/`) && !one.url.startsWith("data:"));
  expect(foreign.length === 0, "requests elsewhere", foreign.map((one) => one.url));
  expect(browser.errors.length === 0, "errors", browser.errors);
});

if (screenshot) {
  const models = ["chain:main", "chain:main", "chain:busy", "openai/gpt-4o", "chain:cut", "chain:down"];
  for (let i = 0; i < 75; i += 1) {
    await ask(models[i % models.length], { stream: i % 3 !== 0 });
    await new Promise((resolve) => setTimeout(resolve, 150 + (i * 97) % 500));
  }
  await browser.until("document.querySelectorAll('#calls tbody').length > 80");
  const buttons = "[...document.querySelectorAll('#calls button')]";
  await browser.value(`(${buttons}.slice(0, 10).find((one) => one.textContent !== "1") ?? ${buttons}[0]).click()`);
  await browser.size(1280, 900);
  writeFileSync(screenshot, await browser.picture());
}

await check("a server that is gone is told of", async () => {
  expect((await stop(server)) === 0, "an orderly end", server.exitCode);
  await browser.until("document.getElementById('notice').textContent.startsWith('No status from this server')");
});

await check("where keys are asked for, the page asks for one and sends it to /status alone", async () => {
  const config = join(folder, "keys.toml");
  copyFileSync(join(here, "serve.toml"), config);
  const sha256 = createHash("sha256").update(clientKey).digest("hex");
  appendFileSync(config, `\n[serve.keys.alice]\nsha256 = "${sha256}"\n`);
  const guarded = await serve(config);
  browser.errors.length = browser.requests.length = 0;
  await browser.goto(`${guarded.url}/`);
  const type = async (key) => {
    await browser.value("document.getElementById('key').focus()");
    await browser.call("Input.insertText", { text: key });
    await browser.value("document.querySelector('#ask button').click()");
  };
  await browser.until("document.getElementById('ask')?.hidden === false");
  await type("prx-wrong");
  await browser.until("document.getElementById('notice').textContent === 'This key is not known here.'");
  await type(clientKey);
  await browser.until("document.getElementById('state')?.textContent === 'serving' && document.getElementById('ask').hidden");
  const stored = await browser.value("sessionStorage.length + localStorage.length + document.cookie.length");
  expect(stored === 0, "nothing stored", stored);
  const others = browser.errors.filter((line) => !line.includes("status of 401"));
  expect(others.length === 0, "errors", others);
  const carrying = browser.requests.filter((one) => JSON.stringify(one).includes(clientKey));
  expect(carrying.length > 0 && carrying.every((one) => one.url === `${guarded.url}/status`), "where the key went",
    carrying.map((one) => one.url));
  await stop(guarded);
});

await browser.close();
await stop(sim);
process.exit(failed === 0 ? 0 : 1);
