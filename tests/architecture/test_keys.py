"""Keys in templates come from the one table, so that people can change them."""

import re
from pathlib import Path

import pytest

from studio.domain.keymaps import ACTIONS, GROUPS

TEMPLATES = sorted((Path(__file__).parents[2] / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_key_is_one_of_the_table(template: Path) -> None:
    text = template.read_text("utf-8")
    named = re.findall(r'{% (?:key|key_name|shortcut) "([^"]*)"((?: "[^"]*")*)', text)
    for first, others in named:
        assert {first, *re.findall(r'"([^"]*)"', others)} <= set(ACTIONS)
    assert set(re.findall(r'{% key_list "([^"]*)"', text)) <= set(GROUPS)
    assert re.findall(r'data-key="(?!{{ [a-z.]+ }}")[^"]*"', text) == [], "a literal key: use {% shortcut %}"


def test_every_action_has_an_element_that_does_it() -> None:
    text = "".join(template.read_text("utf-8") for template in TEMPLATES)
    done = {name for names in re.findall(r"{% shortcut ([^%]*)%}", text) for name in re.findall(r'"([^"]*)"', names)}
    assert {name for name, action in ACTIONS.items() if not action.is_fixed} - done == set()
