// Vercel's AI SDK with OpenRouter's provider for it. It has no call for models.
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { APICallError, generateText, jsonSchema, streamText, tool } from "ai";
import { answer, cancels, check, done, expect, key, model, prompt, raised, tools as described, url } from "./check.mjs";

const openrouter = createOpenRouter({ baseURL: `${url}/api/v1`, apiKey: key });
const of = (name) => openrouter.chat(name);
const tools = Object.fromEntries(described.map(({ function: { name, description, parameters } }) =>
  [name, tool({ description, inputSchema: jsonSchema(parameters) })]));
const options = { prompt, maxRetries: 0 };

/** Reads a stream to its end; an error in it is raised. */
async function read(stream) {
  let text = "";
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw Object.assign(new Error("in the stream"), { cause: part.error, text });
    if (part.type === "text-delta") text += part.text;
  }
  return text;
}

await check("chat", async () => {
  const { text, usage, finishReason } = await generateText({ ...options, model: of(model) });
  expect(text === answer && finishReason === "stop", "the answer", [text, finishReason]);
  expect(usage.outputTokens > 0, "the usage", usage);
});

await check("stream with usage", async () => {
  const stream = streamText({ ...options, model: of(model) });
  expect((await read(stream)) === answer, "the text", answer);
  expect((await stream.usage).outputTokens > 0, "the usage", await stream.usage);
  expect((await stream.finishReason) === "stop", "the finish reason", await stream.finishReason);
});

await check("parallel tools, whole and streamed", async () => {
  const names = (calls) => calls.map((call) => `${call.toolName}:${Object.keys(call.input)}`).join();
  const whole = await generateText({ ...options, model: of(`${model}:parallel`), tools });
  expect(names(whole.toolCalls) === "weather:city,clock:city", "the calls", whole.toolCalls);
  const stream = streamText({ ...options, model: of(`${model}:parallel`), tools });
  await read(stream);
  expect(names(await stream.toolCalls) === "weather:city,clock:city", "streamed", await stream.toolCalls);
});

await check("402 and 429 are its typed errors", async () => {
  for (const [name, status, retry] of [["chain:poor", 402, false], ["chain:busy", 429, true]]) {
    const error = await raised(() => generateText({ ...options, model: of(name) }));
    expect(APICallError.isInstance(error), "its class", error);
    expect(error.statusCode === status && error.isRetryable === retry, "the status", error);
    if (retry) expect(error.responseHeaders["retry-after"] === "30", "Retry-After", error.responseHeaders);
  }
});

await check("a stream that is cut raises", async () => {
  const stream = streamText({ ...options, model: of("chain:broken"), onError() {} });
  const error = await raised(() => read(stream));
  expect(error.text !== "" && answer.startsWith(error.text), "what came before", error.text);
});

await check("abort reaches the provider", async () => {
  await cancels(async () => {
    const controller = new AbortController();
    const stream = streamText({ ...options, model: of("sim/stall?after=3"), abortSignal: controller.signal });
    for await (const part of stream.fullStream) if (part.type === "text-delta") controller.abort();
  });
  await cancels(async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await raised(() => generateText({ ...options, model: of("sim/silence"), abortSignal: controller.signal }));
  });
});

done();
