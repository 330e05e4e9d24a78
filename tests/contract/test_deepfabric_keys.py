"""The translation of configurations against the models of the installed DeepFabric 4.4.0: no key is missing or made up."""

import ast
from pathlib import Path

import pytest

from tests.generation.formats.test_deepfabric_config import all_keys

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".venv-compat" / "lib" / "python3.11" / "site-packages" / "deepfabric" / "config.py"
PLACES = {
    "LLMConfig": ["llm", "topics.llm", "generation.llm"],
    "TopicsConfig": ["topics"],
    "ConversationConfig": ["generation.conversation"],
    "ToolsConfig": ["generation.tools"],
    "GenerationConfig": ["generation"],
    "OutputConfig": ["output"],
    "EvaluationConfig": ["evaluation"],
    "HuggingFaceConfig": ["huggingface"],
    "KaggleConfig": ["kaggle"],
}


@pytest.mark.service("readers")
def test_the_keys_are_those_of_deepfabrics_models() -> None:
    classes = {node.name: node for node in ast.parse(CONFIG.read_text()).body if isinstance(node, ast.ClassDef)}
    theirs = {
        f"{place}.{field.target.id}"
        for name, places in PLACES.items()
        for field in classes[name].body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        for place in places
    }
    sections = {f"{place}" for places in PLACES.values() for place in places}
    assert theirs - sections == set(all_keys())
