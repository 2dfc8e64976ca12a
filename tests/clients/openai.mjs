// OpenAI's own client for JavaScript.
import OpenAI from "openai";
import { answer, cancels, check, done, expect, key, model, prompt, raised, tools, url } from "./check.mjs";

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: prompt }];
const chat = (more, options) => client.chat.completions.create({ model, messages, ...more }, options);

await check("chat", async () => {
  const whole = await chat({});
  expect(whole.choices[0].message.content === answer, "the text", whole);
  expect(whole.choices[0].finish_reason === "stop", "the finish reason", whole);
  expect(whole.usage.completion_tokens > 0, "the usage", whole);
});

await check("a chain as a model, whose first target fails", async () => {
  const { data, response } = await chat({ model: "chain:both" }).withResponse();
  expect(data.choices[0].message.content === answer, "the text", data);
  expect(response.headers.get("x-prx-target") === "openai/gpt-4o", "who served", response.headers);
  expect(response.headers.get("x-prx-attempts") === "2", "the attempts", response.headers);
});

await check("stream with usage", async () => {
  let text = "", usage = null, finish = null;
  for await (const chunk of await chat({ stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  expect(text === answer && finish === "stop", "the stream", [text, finish]);
  expect(usage?.total_tokens > 0, "the usage", usage);
});

await check("stream without usage", async () => {
  for await (const chunk of await chat({ stream: true })) expect(!chunk.usage, "no usage", chunk);
});

await check("parallel tools, whole and streamed, and their results", async () => {
  const whole = await chat({ model: `${model}:parallel`, tools });
  const calls = whole.choices[0].message.tool_calls;
  expect(whole.choices[0].finish_reason === "tool_calls", "the finish reason", whole);
  expect(calls.map((call) => call.function.name).join() === "weather,clock", "the calls", calls);
  calls.forEach((call) => expect("city" in JSON.parse(call.function.arguments), "arguments", call));
  const runner = client.chat.completions.stream({ model: `${model}:parallel`, messages, tools });
  const streamed = (await runner.finalChatCompletion()).choices[0].message.tool_calls;
  expect(streamed.map((call) => call.function.arguments).join() ===
    calls.map((call) => call.function.arguments).join(), "the streamed calls", streamed);
  const results = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "fine" }));
  const after = await chat({ messages: [...messages, whole.choices[0].message, ...results], tools });
  expect(after.choices[0].message.content.includes("The tool said: fine"), "the answer", after);
});

await check("models", async () => {
  const ids = [];
  for await (const each of client.models.list()) ids.push(each.id);
  expect(ids.includes("chain:both") && ids.includes(model), "the list", ids);
  expect((await client.models.retrieve("chain:both")).owned_by === "prx", "one model", ids);
  expect((await client.models.retrieve(model)).id === model, "an id with a slash", ids);
});

await check("402 and 429 are its typed errors", async () => {
  const credit = await raised(() => chat({ model: "chain:poor" }));
  expect(credit instanceof OpenAI.APIError && credit.status === 402, "402", credit);
  const limit = await raised(() => chat({ model: "chain:busy", stream: true }));
  expect(limit instanceof OpenAI.RateLimitError, "429", limit);
  expect(limit.code === "rate_limit_exceeded", "the code", limit);
  expect(limit.headers.get("retry-after") === "30", "Retry-After", limit.headers);
});

await check("a stream that is cut raises", async () => {
  let text = "";
  const error = await raised(async () => {
    const stream = await chat({ model: "chain:broken", stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
    return text;
  });
  expect(error instanceof OpenAI.APIError, "its class", error);
  expect(text !== "" && answer.startsWith(text), "what came before", text);
});

await check("abort reaches the provider", async () => {
  await cancels(async () => {
    const stream = await chat({ model: "sim/stall?after=3", stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
    stream.controller.abort();
  });
  await cancels(async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await raised(() => chat({ model: "sim/silence" }, { signal: controller.signal }));
  });
});

done();
