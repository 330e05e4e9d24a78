"""DeepFabric 4.4 configurations, translated: each key honoured or named as ignored with the reason, none passed over.

What the keys mean was read from DeepFabric 4.4.0. Values that it would refuse are refused here, under its names.
Refuses to act: whose endpoint, registry and files are meant is for the caller to find.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from generation.errors import InvalidInput
from generation.formats.deepfabric_keys import IGNORED, SECTIONS
from generation.formats.tool_forms import tools_of
from generation.plan import Config
from generation.tools import ToolDefinition

MAX_CHARACTERS = 2**20
MAX_ALIASES = 20
OLD_KEYS = ("topic_tree", "topic_graph", "data_engine", "dataset_system_prompt")
BUILTIN = "builtin"

Values = Mapping[str, Any]


class Honoured(NamedTuple):
    """A key and what became of it."""

    key: str
    became: str


class Ignored(NamedTuple):
    """A key without counterpart, and why or what to do instead."""

    key: str
    reason: str


class TopicsWanted(BaseModel):
    """The topics a file asks for; names, limits and defaults are DeepFabric's."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1)
    mode: Literal["tree", "graph"] = "tree"
    system_prompt: str = ""
    depth: int = Field(default=3, ge=1, le=10)
    degree: int = Field(default=10, ge=1, le=50)
    max_concurrent: int = Field(default=4, ge=1, le=20)
    save_as: str | None = None
    temperature: float = Field(default=0.7, ge=0, le=2)


class EndpointWanted(BaseModel):
    """The model server a file asks for, as far as it says."""

    model_config = ConfigDict(extra="forbid")

    provider: str = ""
    model: str = ""
    base_url: str = ""


@dataclass
class Translated:
    """A DeepFabric file in our terms. ``count`` is the number of conversations; ``tools`` were defined in the file itself,
    ``tool_names`` are those it names by component; ``seed_files`` belong to every scenario."""

    config: Config = field(default_factory=Config)
    topics: TopicsWanted | None = None
    endpoint: EndpointWanted = field(default_factory=EndpointWanted)
    count: int | None = None
    tools: list[ToolDefinition] = field(default_factory=list)
    tool_names: list[str] = field(default_factory=list)
    seed_files: dict[str, str] = field(default_factory=dict)
    honoured: list[Honoured] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)

    @property
    def system_prompt(self) -> str:
        return self.config.system_prompt


def is_deepfabric(values: object) -> bool:
    """Whether parsed YAML is a configuration of DeepFabric's, of whichever age."""
    if not isinstance(values, dict):
        return False
    sections = ("topics", "generation", "output", "llm", *OLD_KEYS)
    return any(isinstance(values.get(name), dict) for name in sections) or "dataset_system_prompt" in values


def translate(text: str) -> Translated:
    """The configuration in our terms. Raises InvalidInput, with DeepFabric's names, for what it would refuse itself."""
    values = _parsed(text)
    if not is_deepfabric(values):
        raise InvalidInput(
            "this is no DeepFabric configuration: it has none of the sections topics, generation, output"
        )
    old = [key for key in OLD_KEYS if key in values]
    if old:
        raise InvalidInput(
            f"this is DeepFabric's form before version 4 ({', '.join(old)}), which 4.4 refuses too: "
            "write the sections topics, generation and output"
        )
    leaves = dict(_leaves(values, ""))
    if isinstance(values.get("generation"), dict):
        # Without a word about it DeepFabric makes plain chat.
        mode = leaves.get(f"{_CONVERSATION}.agent_mode")
        if mode is None and leaves.get(f"{_CONVERSATION}.type") is None:
            leaves[f"{_CONVERSATION}.type"] = "basic"
    translation = _Translation({key: value for key, value in leaves.items() if value is not None})
    for key, value in leaves.items():
        translation.take(key, value)
    return translation.result()


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"a configuration of more than {MAX_CHARACTERS:,} characters is not read")
    try:
        # Anchors are common in configurations; unlike everywhere else they are read, a few of them.
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        if aliases > MAX_ALIASES:
            raise InvalidInput(f"the configuration has {aliases} YAML aliases; at most {MAX_ALIASES} are read")
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"the configuration is no YAML: {str(error).splitlines()[0]}") from error
    return values if isinstance(values, dict) else {}


def _leaves(values: Values, place: str) -> Iterator[tuple[str, Any]]:
    """Every key with its place, sections opened."""
    for name, value in values.items():
        key = f"{place}{name}"
        if key not in SECTIONS:
            yield key, value
        elif isinstance(value, dict):
            yield from _leaves(value, f"{key}.")
        elif value is not None:
            raise InvalidInput(f"{key} must be a section of its own, with keys below it")


class _Translation:
    """The state of one translation: what was gathered, and under which of their keys each value stood."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.found = Translated()
        self.theirs: dict[tuple[str, str], str] = {}
        self.parts: dict[str, dict[str, Any]] = {"config": {}, "topics": {}, "endpoint": {}}

    def take(self, key: str, value: Any) -> None:
        if value is None:
            self.honour(key, "left at its default")
            return
        if key in IGNORED:
            self.found.ignored.append(Ignored(key, IGNORED[key]))
        elif key in _TARGETS:
            part, name, became = _TARGETS[key]
            self.put(part, name, value, key)
            self.honour(key, became or f"{name}")
        elif key in _SPECIAL:
            _SPECIAL[key](self, key, value)
        else:
            self.found.ignored.append(Ignored(key, "unknown to DeepFabric 4.4"))

    def put(self, part: str, name: str, value: Any, key: str) -> None:
        self.parts[part][name] = value
        self.theirs[(part, name)] = key

    def honour(self, key: str, became: str) -> None:
        self.found.honoured.append(Honoured(key, became))

    def ignore(self, key: str, reason: str) -> None:
        self.found.ignored.append(Ignored(key, reason))

    def result(self) -> Translated:
        self._settle_models()
        self._settle_prompts()
        problems: list[str] = []
        config = self._validated(Config, "config", problems)
        topics = self._validated(TopicsWanted, "topics", problems) if self.parts["topics"] else None
        endpoint = self._validated(EndpointWanted, "endpoint", problems)
        if problems:
            raise InvalidInput("; ".join(problems))
        assert config is not None
        assert endpoint is not None
        self.found.config, self.found.topics, self.found.endpoint = config, topics, endpoint
        return self.found

    def _validated(self, model: type[Any], part: str, problems: list[str]) -> Any:
        try:
            return model.model_validate(self.parts[part])
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                name = str(problem["loc"][0]) if problem["loc"] else ""
                place = self.theirs.get((part, name), f"{part}.{name}".rstrip("."))
                problems.append(f"{place}: {problem['msg'].removeprefix('Value error, ')}")
            return None

    def _settle_models(self) -> None:
        """The nearest section decides about the model: generation.llm over llm, for topics topics.llm over llm."""
        for name in ("provider", "model", "base_url", "temperature"):
            own, shared, topics = (f"{place}llm.{name}" for place in ("generation.", "", "topics."))
            is_temperature = name == "temperature"
            became = "temperature" if is_temperature else "compared with the endpoint that is used"
            deciding = own if own in self.given else shared
            if deciding in self.given:
                self.put("config" if is_temperature else "endpoint", name, self.given[deciding], deciding)
                self.honour(deciding, became)
            if own in self.given and shared in self.given:
                self.honour(shared, "overruled by generation.llm for conversations")
            warmth = topics if topics in self.given else shared
            if is_temperature and warmth in self.given and self.parts["topics"]:
                self.put("topics", name, self.given[warmth], warmth)
            if topics in self.given and is_temperature:
                self.honour(topics, "temperature of the topics")
            elif topics in self.given:
                self.ignore(topics, "topics are asked of the endpoint that makes the conversations")

    def _settle_prompts(self) -> None:
        """The exported prompt is output's; what generation's says beyond it guides the model unexported."""
        exported, guiding = self.given.get("output.system_prompt"), self.given.get("generation.system_prompt")
        key = "output.system_prompt" if exported else "generation.system_prompt"
        if exported or guiding:
            self.put("config", "system_prompt", exported or guiding, key)
            self.honour(key, "system_prompt: exported, and seen by every step")
        if exported and guiding == exported:
            self.honour("generation.system_prompt", "the same as output.system_prompt")
        elif exported and guiding:
            instructions = self.given.get("generation.instructions") or ""
            self.put("config", "instructions", f"{guiding}\n\n{instructions}".strip(), "generation.instructions")
            self.honour("generation.system_prompt", "put before instructions: it guides and is not exported")


def _settled_later(translation: _Translation, key: str, value: Any) -> None:
    """Its meaning depends on other keys."""


def _take_count(translation: _Translation, key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidInput(f"{key}: must be a whole number of 1 or more")
    translation.found.count = value
    translation.honour(key, "the number of conversations (count)")


def _take_retries(translation: _Translation, key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10:
        raise InvalidInput(f"{key}: must be a whole number from 0 to 10")
    translation.put("config", "attempts", max(value, 1), key)
    translation.honour(key, f"attempts: {max(value, 1)}")


def _take_agent_mode(translation: _Translation, key: str, value: Any) -> None:
    if value not in ("single_turn", "multi_turn"):
        raise InvalidInput(f"{key}: must be single_turn or multi_turn")
    translation.put("config", "mode", value, key)
    translation.honour(key, f"mode: {value}")


def _take_type(translation: _Translation, key: str, value: Any) -> None:
    if value not in ("basic", "chain_of_thought"):
        raise InvalidInput(f"{key}: must be basic or chain_of_thought")
    if f"{_CONVERSATION}.agent_mode" in translation.given:
        translation.honour(key, "an agent's conversation: agent_mode decides")
    else:
        translation.put("config", "mode", value, key)
        translation.honour(key, f"mode: {value} (without agent_mode no tools are called)")


def _take_reasoning(translation: _Translation, key: str, value: Any) -> None:
    if value not in ("freetext", "agent", "structured", "hybrid"):
        raise InvalidInput(f"{key}: must be freetext or agent")
    if f"{_CONVERSATION}.agent_mode" not in translation.given:
        translation.honour(key, "mode chain_of_thought reasons in free text")
    elif value == "freetext":
        raise InvalidInput(f"{key}: freetext does not go with agent_mode, use agent")
    else:
        translation.honour(key, "each step keeps its thought; exports choose how it is written")


def _take_components(translation: _Translation, key: str, value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(names, list | None) for names in value.values()):
        raise InvalidInput(f"{key}: must be {{component: [tool, …]}}")
    for component, names in value.items():
        translation.found.tool_names.extend(str(name) for name in names or [])
        where = "run by vfs" if component == BUILTIN else f"run by {component}"
        translation.honour(f"{key}.{component}", f"the registry must hold these tools, {where} as it says itself")


def _take_custom(translation: _Translation, key: str, value: Any) -> None:
    if not value:
        translation.honour(key, "no tools of its own")
        return
    read = tools_of(value, name=key)
    translation.found.tools.extend(read.tools)
    if read.tools:
        translation.honour(key, f"{len(read.tools)} tools for the registry")
    for refused in read.refused:
        translation.ignore(
            f"{key}[{refused.position - 1}]", f"{refused.name or 'a tool'} can't be read: {refused.reason}"
        )


def _take_seed(translation: _Translation, key: str, value: Any) -> None:
    files = value.get("files") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(files or {}, dict):
        raise InvalidInput(f"{key}: must be {{files: {{path: content}}}}")
    for path, content in (files or {}).items():
        if not isinstance(content, str):
            raise InvalidInput(f"{key}.files.{path}: must be a text")
        translation.found.seed_files[str(path)] = content
    if files:
        translation.honour(f"{key}.files", "seed files of every scenario that has no file of this name itself")
    for other in value.keys() - {"files"}:
        translation.ignore(f"{key}.{other}", "DeepFabric seeds files only, and so does this")


_CONVERSATION, _TOOLS = "generation.conversation", "generation.tools"
_TARGETS: dict[str, tuple[str, str, str]] = {
    "topics.prompt": ("topics", "prompt", "the root of the topics"),
    "topics.mode": ("topics", "mode", "a tree or a graph of topics"),
    "topics.system_prompt": ("topics", "system_prompt", "guidance for the topics"),
    "topics.depth": ("topics", "depth", "depth of the topics"),
    "topics.degree": ("topics", "degree", "subtopics of a topic"),
    "topics.max_concurrent": ("topics", "max_concurrent", "topics asked about at once"),
    "topics.save_as": ("topics", "save_as", "topics are read from there when it exists, else written there"),
    "generation.instructions": ("config", "instructions", "instructions"),
    f"{_CONVERSATION}.min_turns": ("config", "min_turns", ""),
    f"{_CONVERSATION}.max_turns": ("config", "max_turns", ""),
    f"{_CONVERSATION}.min_tool_calls": ("config", "min_tool_calls", ""),
    f"{_TOOLS}.max_per_query": ("config", "max_calls_per_turn", ""),
    f"{_TOOLS}.max_agent_steps": ("config", "max_agent_steps", ""),
    "generation.sample_retries": ("config", "step_retries", ""),
    "generation.max_tokens": ("config", "max_tokens", ""),
    "output.include_system_message": ("config", "include_system_message", ""),
}
_SPECIAL: dict[str, Callable[[_Translation, str, Any], None]] = {
    **{
        f"{place}llm.{name}": _settled_later
        for place in ("", "topics.", "generation.")
        for name in ("provider", "model", "temperature", "base_url")
    },
    "generation.system_prompt": _settled_later,
    "output.system_prompt": _settled_later,
    "output.num_samples": _take_count,
    "generation.max_retries": _take_retries,
    f"{_CONVERSATION}.agent_mode": _take_agent_mode,
    f"{_CONVERSATION}.type": _take_type,
    f"{_CONVERSATION}.reasoning_style": _take_reasoning,
    f"{_TOOLS}.components": _take_components,
    f"{_TOOLS}.custom": _take_custom,
    f"{_TOOLS}.scenario_seed": _take_seed,
}
