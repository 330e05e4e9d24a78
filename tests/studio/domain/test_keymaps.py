"""The table of keys and what people change of it."""

import pytest

from studio.domain.errors import Refused
from studio.domain.keymaps import (
    ACTIONS,
    DEFAULTS,
    EVERYWHERE,
    GROUPS,
    NUMBERS,
    keymap_of,
    read_key,
    reset_keys,
    set_key,
    show_key,
    tell_key,
)
from studio.models import User
from tests.standins.review_rows import person


@pytest.fixture
def anna(db: None) -> User:
    return person("anna")


def test_no_two_actions_that_meet_have_one_key() -> None:
    for group in GROUPS:
        keys = [action.key for action in ACTIONS.values() if action.group in {group, EVERYWHERE}]
        assert len(keys) == len(set(keys)), group


def test_every_key_of_the_table_is_one_that_people_could_choose() -> None:
    for action in ACTIONS.values():
        assert action.group in GROUPS
        assert action.is_fixed or read_key(action.key) == action.key
        assert action.key.startswith("Mod+") or not action.is_typed


def test_a_changed_key_is_kept_for_that_person_alone(anna: User) -> None:
    set_key(anna, action="edit", key="i")
    fresh = User.objects.get(pk=anna.pk)
    assert keymap_of(fresh)["edit"] == "i"
    assert fresh.preferences["keys"] == {"edit": "i"}
    assert keymap_of(person("ben")) == DEFAULTS


def test_other_preferences_saved_meanwhile_stay(anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(preferences={"views": ["mine"]})
    set_key(anna, action="edit", key="i")
    assert User.objects.get(pk=anna.pk).preferences == {"views": ["mine"], "keys": {"edit": "i"}}


@pytest.mark.parametrize(
    ("action", "key", "words"),
    [
        ("edit", "k", "k belongs to “Previous pair or answer”. Choose another key, or change that one first."),
        ("edit", "/", "/ belongs to “Search or filter”"),
        ("search", "j", "j belongs to “Next pair or answer”"),
        ("edit", "7", "7 belongs to “Set or remove a tag; when rejecting, choose a reason”. Choose another key."),
        ("approve", "b", "works while one types, so its key needs Ctrl or ⌘"),
        ("edit", "Mod+c", "Ctrl C belongs to the browser"),
        ("edit", "Escape", "needed to move about"),
        ("edit", "Alt+e", "Only Ctrl, ⌘ and Shift"),
        ("edit", "Dead", "is no key that can be used"),
        ("leave", "b", "can't be changed"),
        ("nothing", "b", "There is no action 'nothing'"),
    ],
)
def test_a_key_that_cannot_be_had_is_refused_with_the_reason(anna: User, action: str, key: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        set_key(anna, action=action, key=key)
    assert words in str(refused.value)
    assert keymap_of(User.objects.get(pk=anna.pk)) == DEFAULTS


def test_actions_of_different_pages_may_share_a_key(anna: User) -> None:
    assert set_key(anna, action="pause", key="j") == "j"


def test_a_key_that_was_given_up_is_free(anna: User) -> None:
    set_key(anna, action="edit", key="i")
    set_key(anna, action="rerun", key="e")
    assert (keymap_of(anna)["edit"], keymap_of(anna)["rerun"]) == ("i", "e")


def test_the_own_key_again_is_no_change(anna: User) -> None:
    set_key(anna, action="edit", key="i")
    set_key(anna, action="edit", key="e")
    assert User.objects.get(pk=anna.pk).preferences["keys"] == {}


def test_resetting_one_action_or_all(anna: User) -> None:
    set_key(anna, action="edit", key="i")
    set_key(anna, action="rerun", key="e")
    with pytest.raises(Refused, match="e belongs to “Run the call again” now"):
        reset_keys(anna, action="edit")
    reset_keys(anna, action="rerun")
    reset_keys(anna, action="edit")
    assert keymap_of(anna) == DEFAULTS
    set_key(anna, action="edit", key="i")
    reset_keys(anna)
    assert keymap_of(User.objects.get(pk=anna.pk)) == DEFAULTS


def test_what_was_kept_wins_over_an_action_that_came_later(anna: User) -> None:
    anna.preferences = {"keys": {"pause": "x", "gone": "b", "edit": 5, "rerun": ""}}
    assert keymap_of(anna)["pause"] == "x"
    assert keymap_of(anna)["cancel"] == ""
    assert (keymap_of(anna)["edit"], keymap_of(anna)["rerun"], keymap_of(anna)["choose"]) == ("e", "r", NUMBERS)


@pytest.mark.parametrize(
    ("key", "shown", "told"),
    [
        ("j", "j", "j"),
        ("J", "J", "Shift+J"),
        ("Mod+s", "Ctrl S", "Control+S Meta+S"),
        ("Mod+S", "Ctrl ⇧ S", "Control+Shift+S Meta+Shift+S"),
        ("Mod+Enter", "Ctrl ↵", "Control+Enter Meta+Enter"),
        ("Enter", "↵", "Enter"),
    ],
)
def test_keys_are_shown_and_told(key: str, shown: str, told: str) -> None:
    assert (show_key(key), tell_key(key)) == (shown, told)
