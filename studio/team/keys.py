"""The keys of one person as the settings list them."""

from collections.abc import Mapping
from dataclasses import dataclass

from studio.domain.keymaps import ACTIONS, GROUPS, keymap_of, show_key
from studio.models import User


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """An action with its key; ``error``: why it can't have the one that was asked for."""

    name: str
    words: str
    key: str
    is_changed: bool
    is_fixed: bool
    error: str


def show_keys(user: User, *, refused: Mapping[str, str]) -> list[tuple[str, list[KeyRow]]]:
    """The groups of the table, each with its rows. ``refused``: what was wrong with a key, by action."""
    keys = keymap_of(user)
    return [
        (
            title,
            [
                KeyRow(
                    name=action.name,
                    words=action.words,
                    key=show_key(keys[action.name]),
                    is_changed=keys[action.name] != action.key,
                    is_fixed=action.is_fixed,
                    error=refused.get(action.name, ""),
                )
                for action in ACTIONS.values()
                if action.group == group
            ],
        )
        for group, title in GROUPS.items()
    ]
