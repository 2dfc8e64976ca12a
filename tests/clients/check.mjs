// What the checks of all clients share: where prx serve is, claims, and what the simulator saw.
import { readFileSync } from "node:fs";

export const url = process.env.PRX_URL;
export const key = "unused";
export const model = "openai/gpt-4o";
export const prompt = "Say hello.";
export const answer = "This is a simulated answer: no model was asked. Your prompt was: Say hello.";

const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};
export const tools = ["weather", "clock"].map((name) => ({
  type: "function",
  function: { name, description: `the ${name} of a city`, parameters },
}));

let failed = 0;

/** Runs `claim`; one line says whether it holds. */
export async function check(name, claim) {
  try {
    await claim();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
  }
}

export function done() {
  process.exit(failed === 0 ? 0 : 1);
}

export function expect(holds, what, seen) {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

/** The error that `work` raises; an answer instead fails the claim. */
export async function raised(work) {
  let value;
  try {
    value = await work();
  } catch (error) {
    return error;
  }
  throw new Error(`no error was raised, but: ${JSON.stringify(value)}`);
}

/** How often the simulator saw that its client, prx, went away before the answer was complete. */
export function cancelled() {
  return readFileSync(process.env.PRX_SIM_LOG, "utf8").split(" client gone, ").length - 1;
}

/** Claims that what `work` does ends a call at the provider, at once. */
export async function cancels(work) {
  const before = cancelled();
  await work();
  const until = Date.now() + 5000;
  while (cancelled() === before) {
    expect(Date.now() < until, "the provider was not told within 5 s", before);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
