// LangChain's ChatOpenAI. It has no call for models.
import { ChatOpenAI } from "@langchain/openai";
import { answer, cancels, check, done, expect, key, model, prompt, raised, tools, url } from "./check.mjs";

const of = (name, more) => new ChatOpenAI({
  model: name, apiKey: key, maxRetries: 0, configuration: { baseURL: `${url}/v1` }, ...more,
});

await check("chat", async () => {
  const whole = await of(model).invoke(prompt);
  expect(whole.content === answer, "the text", whole);
  expect(whole.usage_metadata.output_tokens > 0, "the usage", whole.usage_metadata);
});

await check("stream with usage", async () => {
  let whole = null;
  for await (const chunk of await of(model).stream(prompt)) whole = whole ? whole.concat(chunk) : chunk;
  expect(whole.content === answer, "the text", whole);
  expect(whole.usage_metadata.output_tokens > 0, "the usage", whole.usage_metadata);
});

await check("parallel tools, whole and streamed", async () => {
  const names = (calls) => calls.map((call) => `${call.name}:${Object.keys(call.args)}`).join();
  const bound = of(`${model}:parallel`).bindTools(tools);
  expect(names((await bound.invoke(prompt)).tool_calls) === "weather:city,clock:city", "the calls", "");
  let whole = null;
  for await (const chunk of await bound.stream(prompt)) whole = whole ? whole.concat(chunk) : chunk;
  expect(names(whole.tool_calls) === "weather:city,clock:city", "streamed", whole.tool_calls);
});

await check("402 and 429 are its typed errors", async () => {
  const credit = await raised(() => of("chain:poor").invoke(prompt));
  expect(credit.status === 402, "402", credit);
  const limit = await raised(() => of("chain:busy").invoke(prompt));
  expect(limit.status === 429 && limit.lc_error_code === "MODEL_RATE_LIMIT", "429", limit);
});

await check("a stream that is cut raises", async () => {
  let text = "";
  await raised(async () => {
    for await (const chunk of await of("chain:broken").stream(prompt)) text += chunk.content;
    return text;
  });
  expect(text !== "" && answer.startsWith(text), "what came before", text);
});

await check("abort reaches the provider", async () => {
  await cancels(async () => {
    const controller = new AbortController();
    await raised(async () => {
      const stream = await of("sim/stall?after=3").stream(prompt, { signal: controller.signal });
      for await (const chunk of stream) if (chunk.content) controller.abort();
      return "its end";
    });
  });
  await cancels(async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await raised(() => of("sim/silence").invoke(prompt, { signal: controller.signal }));
  });
});

done();
