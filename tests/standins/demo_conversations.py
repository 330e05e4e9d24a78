"""What the demo model makes of the shipped scenarios in the embedded sandbox: finished conversations to look at."""

import functools
from pathlib import Path

from generation.builders.attempt import run_attempt
from generation.conversation import Conversation
from generation.errors import AttemptFailed
from generation.llm.demo import demo_transport
from generation.llm.openai_endpoint import OpenAIEndpoint
from generation.llm.settings import EndpointSettings
from generation.plan import Plan, Scenario
from generation.sandbox.embedded import embedded_spin
from generation.sandbox.session import Session
from generation.sandbox.world import world_of
from generation.tools import ToolRegistry

SAMPLES = Path(__file__).parents[2] / "studio" / "samples"
SETTINGS = EndpointSettings(name="demo", base_url="http://demo.invalid/v1", model="demo")


@functools.cache
def demo_conversations(seed: int = 20) -> tuple[Conversation, ...]:
    """One conversation of each shipped scenario, in the order of files and lines; attempts that fail are left out."""
    endpoint = OpenAIEndpoint(SETTINGS, transport=demo_transport())
    llm = endpoint.client(lambda _: None)
    made = []
    with embedded_spin() as spin:
        for path in sorted(SAMPLES.glob("*.registry.json")):
            registry = ToolRegistry.model_validate_json(path.read_text("utf-8"))
            lines = path.with_name(path.name.replace("registry.json", "scenarios.jsonl")).read_text("utf-8")
            for number, line in enumerate(filter(None, lines.split("\n"))):
                scenario = Scenario.model_validate_json(line)
                world = world_of(
                    scenario,
                    tools=registry.tools,
                    registry_fixtures=registry.fixtures,
                    registry_tables=registry.tables,
                )
                plan = Plan(scenario=scenario, tools=registry.tools, seed=seed + number)
                try:
                    made.append(run_attempt(plan, llm=llm, session=Session(spin, world=world), report=lambda _: None))
                except AttemptFailed:
                    continue
    endpoint.close()
    return tuple(made)
