// OpenRouter's own client, which checks all that it reads against OpenRouter's schema.
import { OpenRouter } from "@openrouter/sdk";
import * as errors from "@openrouter/sdk/models/errors";
import { answer, cancels, check, done, expect, key, model, prompt, raised, tools, url } from "./check.mjs";

const client = new OpenRouter({ serverURL: `${url}/api/v1`, apiKey: key, retryConfig: { strategy: "none" } });
const messages = [{ role: "user", content: prompt }];
const chat = (more, options) =>
  client.chat.send({ chatRequest: { model, messages, stream: false, ...more } }, options);

await check("chat", async () => {
  const whole = await chat({});
  expect(whole.choices[0].message.content === answer, "the text", whole);
  expect(whole.usage.completionTokens > 0, "the usage", whole);
});

await check("stream with usage", async () => {
  let text = "", usage = null, finish = null;
  for await (const chunk of await chat({ stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finishReason ?? finish;
    usage = chunk.usage ?? usage;
  }
  expect(text === answer && finish === "stop", "the stream", [text, finish]);
  expect(usage?.totalTokens > 0, "the usage", usage);
});

await check("parallel tools", async () => {
  const whole = await chat({ model: `${model}:parallel`, tools });
  const calls = whole.choices[0].message.toolCalls;
  expect(calls.map((call) => call.function.name).join() === "weather,clock", "the calls", calls);
  const pieces = {};
  for await (const chunk of await chat({ model: `${model}:parallel`, tools, stream: true }))
    for (const call of chunk.choices[0]?.delta?.toolCalls ?? [])
      pieces[call.index] = (pieces[call.index] ?? "") + (call.function?.arguments ?? "");
  expect(Object.values(pieces).join() === calls.map((call) => call.function.arguments).join(),
    "the streamed calls", pieces);
});

await check("models", async () => {
  const first = await client.models.list();
  const list = (first.result ?? first).data;
  const ids = list.map((each) => each.id);
  expect(ids.includes("chain:both") && ids.includes(model), "the list", ids);
});

await check("the key", async () => {
  const { data } = await client.apiKeys.getCurrentKeyMetadata();
  expect(typeof data.usage === "number", "the usage of the key", data);
});

await check("402 and 429 are its typed errors", async () => {
  const credit = await raised(() => chat({ model: "chain:poor" }));
  expect(credit instanceof errors.PaymentRequiredResponseError, "402", credit);
  const limit = await raised(() => chat({ model: "chain:busy", stream: true }));
  expect(limit instanceof errors.TooManyRequestsResponseError, "429", limit);
  expect(limit.error.code === 429, "the code", limit.error);
  expect(limit.error.metadata.error_type === "rate_limit_exceeded", "the type", limit.error);
  expect(limit.headers.get("retry-after") === "30", "Retry-After", limit.headers);
});

await check("a stream that is cut raises, behind a chunk with the error", async () => {
  let text = "", last;
  await raised(async () => {
    for await (const chunk of await chat({ model: "chain:broken", stream: true })) {
      last = chunk;
      text += chunk.choices[0]?.delta?.content ?? "";
    }
    return text;
  });
  expect(text !== "" && answer.startsWith(text), "what came before", text);
  expect(last.error?.code === 502, "the last chunk", last);
  expect(last.choices[0]?.finishReason === "error", "its finish reason", last);
});

await check("abort reaches the provider", async () => {
  await cancels(async () => {
    const controller = new AbortController();
    const stream = await chat({ model: "sim/stall?after=3", stream: true },
      { fetchOptions: { signal: controller.signal } });
    for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
    controller.abort();
  });
  await cancels(async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await raised(() => chat({ model: "sim/silence" }, { fetchOptions: { signal: controller.signal } }));
  });
});

done();
