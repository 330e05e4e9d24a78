"""The demo model on the wire: OpenAI's forms, the real SDK client, honest and deterministic."""

import json
import time

import jsonschema_rs
import openai
import pytest

from generation.llm.demo import DemoSettings, answer, demo_transport
from tests.standins.demo_requests import FILES, reply, request, step


def _client(settings: DemoSettings | None = None) -> openai.OpenAI:
    http = openai.DefaultHttpxClient(transport=demo_transport(settings))
    return openai.OpenAI(api_key="none", base_url="http://demo.invalid/v1", http_client=http, max_retries=0)


def test_the_sdk_client_reads_its_replies():
    body = step("Please read a.md.", tools=FILES)
    completion = _client().chat.completions.create(**body)
    assert completion.model == "demo"
    assert completion.choices[0].finish_reason == "stop"
    assert json.loads(completion.choices[0].message.content or "")["tool_calls"]
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_the_same_request_gives_the_same_reply_and_says_who_it_is():
    body = step("Please read a.md.", tools=FILES, seed=11)
    assert answer(body) == answer(body)
    assert answer(body)["model"] == "demo"


def test_a_plain_question_is_answered_by_saying_what_it_is():
    message = answer({"messages": [{"role": "user", "content": "Hello?"}]})["choices"][0]["message"]
    assert "demo model" in message["content"]


def test_an_unknown_structured_question_gets_an_instance_of_its_schema():
    schema = {
        "type": "object",
        "properties": {
            "score": {"type": "integer", "minimum": 3, "maximum": 5},
            "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 2},
            "when": {"type": "string", "format": "date"},
            "note": {"anyOf": [{"type": "string", "minLength": 4}, {"type": "null"}]},
        },
        "required": ["score", "tags", "when", "note"],
        "$defs": {"tag": {"type": "string", "enum": ["a", "b"]}},
    }
    body = request("verdict", "Judge this.")
    body["response_format"]["json_schema"]["schema"] = schema
    assert jsonschema_rs.is_valid(schema, reply(body))


def test_a_forced_function_is_called():
    body = step("Please read a.md.", tools=FILES)
    schema = body.pop("response_format")["json_schema"]["schema"]
    body["tools"] = [{"type": "function", "function": {"name": "step", "parameters": schema}}]
    body["tool_choice"] = {"type": "function", "function": {"name": "step"}}
    message = answer(body)["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"][0]["function"]["name"] == "step"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"])["tool_calls"]


def test_other_routes_and_bad_bodies_are_refused_in_openai_form():
    client = _client()
    with pytest.raises(openai.NotFoundError, match="no route"):
        client.embeddings.create(model="demo", input="x")
    with pytest.raises(openai.BadRequestError, match="stream"):
        client.chat.completions.create(model="demo", messages=[], stream=True)
    assert [model.id for model in client.models.list()] == ["demo"]


def test_latency_is_kept_when_asked_for():
    started = time.monotonic()
    _client(DemoSettings(latency_ms=40, latency_sigma=0)).chat.completions.create(**step("Hi.", tools=FILES))
    assert time.monotonic() - started >= 0.04


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="error_rate"):
        DemoSettings(error_rate=2)


def test_hostile_characters_survive():
    body = step("Please read \ud800\x00.md and \u2028 a.md.", tools=FILES)
    assert json.loads(json.dumps(answer(body)))


def test_a_reply_takes_little_time():
    body = step("Please read notes/a.md and write a summary to notes/b.md.", tools=FILES)
    answer(body)
    started = time.process_time()
    for seed in range(50):
        answer(body | {"seed": seed})
    assert (time.process_time() - started) / 50 < 0.01
