"""OpenAI's own client for Python."""
import os
import sys
import time
import traceback

import openai

MODEL = "openai/gpt-4o"
ANSWER = "This is a simulated answer: no model was asked. Your prompt was: Say hello."
MESSAGES = [{"role": "user", "content": "Say hello."}]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
    for name in ("weather", "clock")
]
client = openai.OpenAI(base_url=os.environ["PRX_URL"] + "/v1", api_key="unused", max_retries=0)
failed = 0


def check(name, claim):
    """Runs `claim`; one line says whether it holds."""
    global failed
    try:
        claim()
        print(f"ok      {name}", flush=True)
    except Exception:
        failed += 1
        print(f"FAILED  {name}: {traceback.format_exc()}", flush=True)


def chat(model=MODEL, **more):
    return client.chat.completions.create(model=model, messages=MESSAGES, **more)


def raised(work):
    """The error that `work` raises; an answer instead fails the claim."""
    try:
        value = work()
    except Exception as error:
        return error
    raise AssertionError(f"no error was raised, but: {value!r}")


def cancelled():
    """How often the simulator saw that its client, prx, went away before the answer was complete."""
    with open(os.environ["PRX_SIM_LOG"], encoding="utf-8") as log:
        return log.read().count(" client gone, ")


def cancels(work):
    before = cancelled()
    work()
    until = time.monotonic() + 5
    while cancelled() == before:
        assert time.monotonic() < until, "the provider was not told within 5 s"
        time.sleep(0.01)


def whole():
    answer = chat()
    assert answer.choices[0].message.content == ANSWER, answer
    assert answer.choices[0].finish_reason == "stop", answer
    assert answer.usage.completion_tokens > 0, answer


def stream():
    text, usage = "", None
    for chunk in chat(stream=True, stream_options={"include_usage": True}):
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        usage = chunk.usage or usage
    assert text == ANSWER, text
    assert usage and usage.total_tokens > 0, usage


def parallel_tools():
    answer = chat(MODEL + ":parallel", tools=TOOLS)
    calls = [(call.function.name, call.function.arguments) for call in answer.choices[0].message.tool_calls]
    assert [name for name, _ in calls] == ["weather", "clock"], calls
    with client.chat.completions.stream(model=MODEL + ":parallel", messages=MESSAGES, tools=TOOLS) as events:
        streamed = events.get_final_completion().choices[0].message.tool_calls
    assert [(call.function.name, call.function.arguments) for call in streamed] == calls, streamed


def models():
    ids = [each.id for each in client.models.list()]
    assert "chain:both" in ids and MODEL in ids, ids
    assert client.models.retrieve("chain:both").owned_by == "prx"


def typed_errors():
    credit = raised(lambda: chat("chain:poor"))
    assert isinstance(credit, openai.APIStatusError) and credit.status_code == 402, credit
    limit = raised(lambda: chat("chain:busy", stream=True))
    assert isinstance(limit, openai.RateLimitError), limit
    assert limit.code == "rate_limit_exceeded", limit.code
    assert limit.response.headers["retry-after"] == "30", limit.response.headers


def cut():
    text = ""

    def read():
        nonlocal text
        for chunk in chat("chain:broken", stream=True):
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        return text

    error = raised(read)
    assert isinstance(error, openai.APIError), error
    assert text and ANSWER.startswith(text), text


def abort_of_a_stream():
    def leave():
        with chat("sim/stall?after=3", stream=True) as chunks:
            for chunk in chunks:
                if chunk.choices and chunk.choices[0].delta.content:
                    break

    cancels(leave)


def abort_of_an_answer():
    def leave():
        error = raised(lambda: chat("sim/silence", timeout=0.2))
        assert isinstance(error, openai.APITimeoutError), error

    cancels(leave)


check("chat", whole)
check("stream with usage", stream)
check("parallel tools, whole and streamed", parallel_tools)
check("models", models)
check("402 and 429 are its typed errors", typed_errors)
check("a stream that is cut raises", cut)
check("abort reaches the provider: a stream", abort_of_a_stream)
check("abort reaches the provider: a client that waits no longer", abort_of_an_answer)
sys.exit(1 if failed else 0)
