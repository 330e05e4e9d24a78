"""Three hundred tools with deep schemas: prompt and schema stay bounded, and conversations come into being."""

import itertools
import json
import time

from generation.builders.attempt import run_attempt
from generation.builders.shown_tools import MAX_CHARACTERS, full_schemas, tools_block
from generation.builders.step_schema import AS_TEXT, step_schema
from generation.llm.schema import wire_schema
from generation.plan import Config, Plan, Scenario
from generation.tools import ToolDefinition
from tests.generation.llm.replies import Bench
from tests.standins.file_plans import FILE_TOOLS, Run, answer, call, final, plan, step, user
from tests.standins.memory_session import MemorySession
from tests.standins.openai_server import OpenAIServer


def deep(depth: int, width: int = 3) -> dict:
    """An object of objects, ``depth`` levels of them, each described at length."""
    if depth == 0:
        return {"type": "string", "enum": ["red", "green"], "description": "The colour, as painted on the door. " * 3}
    properties = {f"part_{number}": deep(depth - 1, width) for number in range(width)}
    return {"type": "object", "properties": properties, "required": ["part_0"], "description": "A part. " * 5}


def registry(count: int, depth: int = 3) -> list[ToolDefinition]:
    return [
        ToolDefinition(
            name=f"tool_{number:03}",
            description=f"Does the {number}th thing. " * 4,
            annotations={"readOnlyHint": True},
            parameters={
                "type": "object",
                "properties": {
                    "query": {"type": "string", "minLength": 1, "description": "What for."},
                    "door": {"$ref": "#/$defs/door"},
                },
                "required": ["query", "door"],
                "$defs": {"door": deep(depth)},
            },
        )
        for number in range(count)
    ]


LARGE = registry(300)


def shown(block: str) -> list[dict]:
    return [json.loads(line) for line in block.splitlines()[1:-1]]


def test_a_registry_of_ordinary_size_is_shown_in_full():
    tools = registry(20, depth=1)
    assert [tool["parameters"] for tool in shown(tools_block(tools))] == [tool.parameters for tool in tools]


def test_the_more_there_is_to_show_the_less_of_each_tool_is_shown():
    blocks = [tools_block(registry(count)) for count in (10, 25, 60, 300, 800)]
    assert all(len(block) <= MAX_CHARACTERS + 20 for block in blocks)
    first = [shown(block)[0]["parameters"] for block in blocks]
    sizes = [len(json.dumps(parameters)) for parameters in first]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[1] > sizes[3] > sizes[4]
    assert first[1]["properties"]["query"]["description"] == "What for."
    assert first[3]["required"] == ["query", "door"]


def test_every_tool_is_shown_in_registry_order_however_many_there_are():
    assert [tool["name"] for tool in shown(tools_block(LARGE))] == [tool.name for tool in LARGE]


def test_a_property_called_description_is_no_word_about_the_schema():
    parameters = {"type": "object", "properties": {"description": {"type": "string", "description": "x" * 999}}}
    tools = [ToolDefinition(name=f"t{number}", parameters=parameters) for number in range(300)]
    first = shown(tools_block(tools))[0]["parameters"]
    assert first["properties"]["description"]["type"] == "string"


def test_the_step_s_schema_falls_back_to_arguments_as_text_and_stays_small():
    schema = step_schema(LARGE)
    items = schema["properties"]["tool_calls"]["items"]
    assert items["properties"]["arguments"] == AS_TEXT
    assert items["properties"]["function_name"]["enum"] == [tool.name for tool in LARGE]
    assert len(json.dumps(schema)) < 10_000
    assert wire_schema(schema).strict


def test_deep_schemas_of_a_few_tools_stay_typed_until_the_bound():
    assert "anyOf" in step_schema(registry(3, depth=1))["properties"]["tool_calls"]["items"]
    assert step_schema(registry(60))["properties"]["tool_calls"]["items"]["properties"]["arguments"] == AS_TEXT


def test_a_call_that_breaks_a_hidden_schema_is_repaired_with_the_schema_in_full():
    bad = call("tool_007", query="x", door={"part_0": "purple"})
    good_door: dict = {"part_0": {"part_0": {"part_0": "red"}}}
    its_plan = Plan(scenario=Scenario(prompt="A door."), tools=[*LARGE, *FILE_TOOLS], config=Config())
    run = Run([user(), step(bad), step(call("tool_007", query="x", door=good_door)), final(), answer()], its_plan)
    conversation = run.go()
    repair = run.asked("step")[1].partition("<schemas>\n")[2].partition("\n</schemas>")[0]
    assert json.loads(repair) == {
        "name": "tool_007",
        "description": LARGE[7].description,
        "parameters": LARGE[7].parameters,
        "annotations": LARGE[7].annotations,
    }
    assert "<schemas>" not in run.asked("step")[0] + run.asked("step")[2]
    assert conversation.calls[0].arguments["door"] == good_door


def test_a_small_registry_s_repair_needs_no_schema():
    run = Run([user(), step(call("read_file")), final(), answer()], plan())
    run.go()
    assert "<schemas>" not in run.asked("step")[1]
    assert full_schemas(["read_file"], FILE_TOOLS) == ""


def test_a_whole_conversation_works_over_http_and_its_requests_stay_bounded():
    its_plan = Plan(scenario=Scenario(prompt="What is there?"), tools=[*LARGE, *FILE_TOOLS], config=Config())
    with OpenAIServer() as server, Bench(server.base_url) as bench:
        made = run_attempt(its_plan, llm=bench.client, session=MemorySession({"a.txt": "x"}), report=lambda _: None)
        bodies = [request.body for request in server.requests]
    assert made.is_complete
    assert made.calls[0].tool == "list_files"
    assert max(len(json.dumps(body)) for body in bodies) < 2 * MAX_CHARACTERS
    assert sum(len(json.dumps(tool.parameters)) for tool in LARGE) > 5 * MAX_CHARACTERS


def test_two_step_prompts_of_different_conversations_share_system_and_tools_as_their_byte_prefix():
    tools = [*LARGE, *FILE_TOOLS]

    def requests(prompt: str, said: str, **changes: object) -> list[bytes]:
        scenario = Scenario(prompt=prompt, **changes)
        run = Run([user(said), step(call("list_files")), final(), answer()], Plan(scenario=scenario, tools=tools))
        run.go()
        return [json.dumps(one.messages).encode() for one in run.llm.requests if one.purpose == "step"]

    ours = requests("A door.", "Which door?", persona="a painter", language="English")
    theirs = requests("A garden.", "How many trees?", pattern="sequential", topic="trees", seed_files={"a": "b"})
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ours[0], theirs[1], strict=False))
    shared = bytes(one for one, _ in pairs)
    static = json.dumps(Config().system_prompt + "\n\n" + tools_block(tools)).encode()[1:-1]
    assert static in shared
    assert len(shared) > 0.9 * min(len(ours[0]), len(theirs[1]))


def test_showing_the_same_tools_again_costs_next_to_nothing():
    tools = registry(300)
    started = time.thread_time()
    tools_block(tools)
    step_schema(tools)
    first = time.thread_time() - started
    started = time.thread_time()
    for _ in range(50):
        tools_block(tools)
        step_schema(tools)
    assert time.thread_time() - started < first
