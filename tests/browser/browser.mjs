// A browser without a window, driven through pipes by the DevTools protocol, and programs that print where they listen.
import { spawn } from "node:child_process";

export const patience = 30_000; // ms: what is awaited must come within this

const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

export function start(program, args, options) {
  const child = spawn(program, args, options);
  children.add(child);
  child.ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  child.ended.then(() => children.delete(child));
  child.on("error", (error) => console.log(`${program}: ${error.message}`));
  return child;
}

/** Starts a program that prints its URL first. */
export async function startServer(program, args, env) {
  const child = start(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "", log = "";
  child.stderr.on("data", (piece) => { log += piece; });
  child.url = await new Promise((resolve, reject) => {
    child.stdout.on("data", (piece) => {
      out += piece;
      if (out.includes("\n")) resolve(out.split("\n")[0].trim());
    });
    child.on("exit", (code) => reject(new Error(`${args[0]} ended with ${code}: ${log}`)));
  });
  return child;
}

export async function stop(child) {
  child.kill("SIGTERM");
  return child.ended;
}

/** One page. What it says on its console, and what it asks for, is kept in `errors` and `requests`. */
export class Browser {
  errors = [];
  requests = [];
  #next = 0;
  #waiting = new Map();
  #unread = "";

  static async open(program, folder) {
    const browser = new Browser();
    const args = ["--headless", "--remote-debugging-pipe", `--user-data-dir=${folder}`, "--disable-gpu",
      "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
      "--disable-component-update", "--hide-scrollbars", "about:blank"];
    if (process.getuid() === 0) args.unshift("--no-sandbox"); // Chromium refuses to have one as root
    browser.child = start(program, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    browser.child.stdio[4].setEncoding("utf8").on("data", (piece) => browser.#read(piece));
    browser.child.stdio[3].on("error", () => {});
    browser.child.ended.then((code) => {
      for (const { reject } of browser.#waiting.values()) reject(new Error(`the browser ended with ${code}`));
    });
    const { targetInfos } = await browser.#send("Target.getTargets", {});
    const page = targetInfos.find((one) => one.type === "page");
    const { sessionId } = await browser.#send("Target.attachToTarget", { targetId: page.targetId, flatten: true });
    browser.session = sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.call(`${domain}.enable`);
    return browser;
  }
  #send(method, params, sessionId) {
    const id = (this.#next += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }
  call(method, params = {}) { return this.#send(method, params, this.session); }
  #read(piece) {
    const messages = (this.#unread + piece).split("\0");
    this.#unread = messages.pop();
    messages.forEach((text) => this.#take(JSON.parse(text)));
  }
  #take({ id, result, error, method, params }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting && error) waiting.reject(new Error(error.message));
    else if (waiting) waiting.resolve(result);
    if (method === "Runtime.exceptionThrown") this.errors.push(params.exceptionDetails.exception?.description ?? "exception");
    if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type))
      this.errors.push(params.args.map((one) => one.value ?? one.description).join(" "));
    if (method === "Log.entryAdded" && params.entry.level === "error") this.errors.push(params.entry.text);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request);
  }
  goto(url) { return this.call("Page.navigate", { url }); }
  async value(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  }
  /** Until the expression is true in the page. */
  async until(expression) {
    const end = Date.now() + patience;
    while (!(await this.value(expression))) {
      if (Date.now() > end) {
        const shown = await this.value("document.body.innerText");
        throw new Error(`not within ${patience} ms: ${expression}; the page says: ${shown}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  size(width, height) {
    return this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }
  async picture() {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }
  async close() {
    this.#send("Browser.close", {}).catch(() => {});
    await this.child.ended;
  }
}
