"""The keys of every action in one table, and what each person changed of them.

The ``?`` sheet, the settings, the hints on buttons and the dispatch in the browser (static/js/keys.js) all come from ``ACTIONS``.

To add an action:

1. Put an ``Action`` into ``ACTIONS``: a name of its own, a key that is free in its group and in ``EVERYWHERE``, words for the sheet.
2. In the template mark the element that does it, and show the key behind its words (tags of ``{% load marks %}``)::

       <button class="button" {% shortcut "skip" %}>Skip {% key "skip" %}</button>

   Pressing the key then clicks the element (a field is focused). Pairs share keys: only the active one's is meant.
   A button that sends the form one is typing in: ``{% shortcut "approve" while_typing=True %}``.
3. A page outside review lists its group in the sheet: ``{% block keys %}{% key_list "runs" %}{% endblock %}``. Shown of it is
   what the page has.
4. Only if a click is not enough: ``onAction("skip", (element, typing) => …)`` of static/js/keys.js.

Names of keys are ``KeyboardEvent.key`` ("j", "J", "/", "Enter") with "Mod+" for Ctrl or ⌘ and "Shift+" where no letter shows it.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db import transaction

from studio.domain.errors import Refused
from studio.models import User

EVERYWHERE = "everywhere"
GROUPS = {
    "review": "Reviewing",
    "thread": "In a comment",
    "history": "History of a conversation",
    "adjudication": "Adjudication",
    "lists": "Dashboard, lists and datasets",
    "bulk": "A bulk action",
    "runs": "Runs",
    "exports": "Exports",
    "tools": "A tool",
    EVERYWHERE: "Everywhere",
}
"""What can be pressed on one page: keys collide within a group, and with those of EVERYWHERE."""

NUMBERS = "1\u20139"


@dataclass(frozen=True)
class Action:
    """``is_typed``: it is meant while one types, too, so its key needs Ctrl or ⌘. ``is_fixed``: its key can't be changed."""

    name: str
    key: str
    words: str
    group: str
    is_typed: bool = False
    is_fixed: bool = False


ACTIONS = {
    action.name: action
    for action in [
        Action("next-pair", "j", "Next pair or answer", "review"),
        Action("previous-pair", "k", "Previous pair or answer", "review"),
        Action("next-trouble", "J", "Next one with a finding, an error or something stale", "review"),
        Action("previous-trouble", "K", "Previous one with a finding, an error or something stale", "review"),
        Action("next-conversation", "n", "Next conversation of the list", "review"),
        Action("previous-conversation", "p", "Previous conversation of the list", "review"),
        Action("ok", "a", "Mark the pair ok; again takes it back", "review"),
        Action("wrong", "x", "Mark the pair wrong; again takes it back", "review"),
        Action("pair-tag", "X", "Say what is wrong with a pair that is marked wrong", "review"),
        Action("edit", "e", "Edit the arguments or the answer", "review"),
        Action("raw", "E", "Edit the arguments as raw JSON", "review"),
        Action("add-item", "Alt+Enter", "In a list of arguments: add an item", "review", is_fixed=True),
        Action("remove-item", "Alt+Delete", "In a list of arguments: remove the item", "review", is_fixed=True),
        Action("item-up", "Alt+ArrowUp", "In a list of arguments: move the item up", "review", is_fixed=True),
        Action("item-down", "Alt+ArrowDown", "In a list of arguments: move the item down", "review", is_fixed=True),
        Action("save", "Mod+s", "Save what is being edited", "review", is_typed=True),
        Action(
            "save-and-rerun", "Mod+Shift+Enter", "Save the arguments and run the call again", "review", is_typed=True
        ),
        Action("start-over", "Mod+.", "Drop the draft and start over", "review", is_typed=True),
        Action("write", "w", "Write the result by hand", "review"),
        Action("rerun", "r", "Run the call again", "review"),
        Action("accept", "Enter", "Accept the new results", "review"),
        Action("confirm", "v", "Say why a stale part still holds", "review"),
        Action("replay", "R", "Replay every call from a clean sandbox", "review"),
        Action("regenerate", "g", "Regenerate from here", "review"),
        Action("keep-branch", "y", "Keep what was regenerated, or try again", "review"),
        Action("drop-branch", "z", "Stop regenerating, or keep the original; discard a new result", "review"),
        Action("diff", "d", "Show or hide how the pair differs from its replay and from version 1", "review"),
        Action("next-difference", "D", "Next pair that came out otherwise in the replay", "review"),
        Action("comment", "c", "Comment on the pair, or on the conversation", "review"),
        Action("comment-conversation", "C", "Comment on the conversation", "review"),
        Action("threads", "f", "Into the comments of the pair or the conversation; again: to the next", "review"),
        Action("reply", "r", "In a comment: reply", "thread"),
        Action("resolve", "v", "In a comment: resolve its thread, or reopen it", "thread"),
        Action("edit-comment", "e", "In a comment of yours: edit it", "thread"),
        Action("delete-comment", "Delete", "In a comment of yours: delete it, after a question", "thread"),
        Action("structure", "m", "More: add, move or remove pairs and steps; edit thoughts and messages", "review"),
        Action("open", "o", "Open or close long payloads", "review"),
        Action("toggle-thoughts", "t", "Show or hide thoughts", "review"),
        Action("sources", "l", "Show or hide where the literals of an answer come from", "review"),
        Action("history", "h", "History: compare and restore versions", "review"),
        Action(
            "approve", "Mod+Enter", "Save if need be, approve and next; in a form: send it", "review", is_typed=True
        ),
        Action("reject", "Mod+Backspace", "Reject", "review"),
        Action("choose", NUMBERS, "Set or remove a tag; when rejecting, choose a reason", "review", is_fixed=True),
        Action("second-opinion", "q", "Ask for a second opinion", "review"),
        Action("skip", "s", "Skip", "review"),
        Action("undo", "u", "Undo the last decision", "review"),
        Action("take-over", "T", "Take over from whoever is reviewing it (leads)", "review"),
        Action("earlier", "j", "The change before", "history"),
        Action("later", "k", "The change after", "history"),
        Action("layout", "d", "Side by side, or inline", "history"),
        Action("restore-older", "r", "Restore the older of both versions: say why, or not, then Enter", "history"),
        Action("restore-newer", "R", "Restore the newer of both versions: say why, or not, then Enter", "history"),
        Action("back", "h", "Back to the conversation", "history"),
        Action("side", NUMBERS, "Choose one of the decisions", "adjudication", is_fixed=True),
        Action("approve-standing", "a", "Approve what stands", "adjudication"),
        Action("reject-standing", "x", "Reject what stands", "adjudication"),
        Action("why", "r", "Say why", "adjudication"),
        Action("settle", "Mod+Enter", "Settle it and go on", "adjudication", is_typed=True),
        Action("open-for-edit", "e", "Open the conversation, to read or edit it", "adjudication"),
        Action("take-dispute", "T", "Take over from the lead who is at it", "adjudication"),
        Action("next-dispute", "n", "Next one to settle", "adjudication"),
        Action("undo-settling", "u", "Undo my last decision", "adjudication"),
        Action("next-review", "n", "Review the next one", "lists"),
        Action("order", "o", "Review in another order", "lists"),
        Action("filters", "f", "More filters", "lists"),
        Action("views", "v", "Save these filters as a view, or change the view", "lists"),
        Action("next-row", "j", "Next row", "lists"),
        Action("previous-row", "k", "Previous row", "lists"),
        Action("select-row", "x", "Select the row, or not", "lists"),
        Action("extend-down", "Shift+ArrowDown", "Select on, downwards", "lists", is_fixed=True),
        Action("extend-up", "Shift+ArrowUp", "Select on, upwards", "lists", is_fixed=True),
        Action("select-page", "X", "Select all rows of the page, or none", "lists"),
        Action("clear-selection", "Z", "Select nothing, on other pages of the list neither", "lists"),
        Action("select-everything", "A", "Select all that pass the filters, or none", "lists"),
        Action("bulk-tag", "t", "Tag what is selected", "lists"),
        Action("bulk-assign", "a", "Assign what is selected", "lists"),
        Action("bulk-reopen", "b", "Send what is selected back to review (leads)", "lists"),
        Action("bulk-reject", "Mod+Backspace", "Reject what is selected (leads)", "lists"),
        Action(
            "bulk-approve", "Mod+Enter", "Approve what is selected (leads); in a form: send it", "lists", is_typed=True
        ),
        Action("bulk-choose", NUMBERS, "In an open panel: choose", "lists", is_fixed=True),
        Action("start-bulk", "Mod+Enter", "Do it", "bulk"),
        Action("stop-bulk", "s", "Stop it: what is done stays done", "bulk"),
        Action("drop-bulk", "z", "Drop it: nothing was changed yet", "bulk"),
        Action("undo-bulk", "u", "Undo it as a whole", "bulk"),
        Action("to-list", "h", "Back to the conversations", "bulk"),
        Action("new-run", "n", "New run", "runs"),
        Action("start-run", "Mod+Enter", "Start the run", "runs", is_typed=True),
        Action("estimate", "Mod+Shift+Enter", "Estimate the run", "runs", is_typed=True),
        Action("review-run", "v", "Review what the run made", "runs"),
        Action("pause", "p", "Pause the run", "runs"),
        Action("resume", "r", "Resume the run", "runs"),
        Action("cancel", "x", "Cancel the run, after a question", "runs"),
        Action("download", "Mod+Enter", "Download the export", "exports", is_typed=True),
        Action("save-volatile", "Mod+Enter", "Save the volatile members (admins)", "tools", is_typed=True),
        Action("search", "/", "Search or filter", EVERYWHERE),
        Action("previous-page", "[", "Previous page of a list", EVERYWHERE),
        Action("next-page", "]", "Next page of a list", EVERYWHERE),
        Action("keys", "?", "Show or hide these keys", EVERYWHERE),
        Action("leave", "Escape", "Leave a field, close what is open", EVERYWHERE, is_fixed=True),
    ]
}

DEFAULTS: Mapping[str, str] = MappingProxyType({name: action.key for name, action in ACTIONS.items()})

_NAMED = {
    "enter": "Enter",
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Insert",
    "home": "Home",
    "end": "End",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "arrowup": "ArrowUp",
    "arrowdown": "ArrowDown",
    "arrowleft": "ArrowLeft",
    "arrowright": "ArrowRight",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_MODIFIERS = {
    "ctrl": "Mod+",
    "control": "Mod+",
    "cmd": "Mod+",
    "meta": "Mod+",
    "⌘": "Mod+",
    "mod": "Mod+",
    "shift": "Shift+",
}
_BROWSER = {f"Mod+{letter}" for letter in "acfhlnpqrtvwxyzTNWRIJC-0="} | {"F1", "F3", "F5", "F11", "F12"}
_SHOWN = {
    "Escape": "Esc",
    "Enter": "↵",
    "Backspace": "⌫",
    "Delete": "Del",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "PageUp": "PgUp",
    "PageDown": "PgDn",
}


def keymap_of(user: User) -> Mapping[str, str]:
    """The key of every action for ``user``. One that gave its key away to another is "": it has none."""
    changed = _changed(user)
    return _merged(tuple(sorted(changed.items()))) if changed else DEFAULTS


def set_key(user: User, *, action: str, key: str) -> str:
    """Give an action another key; returns the key as it is kept. Raises Refused with a sentence that says what is wrong with it."""
    chosen = _find(action)
    if chosen.is_fixed:
        raise Refused(f"The key of “{chosen.words}” can't be changed.")
    wanted = read_key(key)
    if chosen.is_typed and not wanted.startswith("Mod+"):
        raise Refused(
            f"“{chosen.words}” works while one types, so its key needs Ctrl or ⌘: press it together with another."
        )
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=user.pk)
        taken = _holder(keymap_of(fresh), chosen, wanted)
        if taken is not None:
            raise Refused(
                f"{show_key(wanted)} belongs to “{taken.words}”. "
                + ("Choose another key." if taken.is_fixed else "Choose another key, or change that one first.")
            )
        changed = {**_changed(fresh), action: wanted}
        if wanted == chosen.key:
            del changed[action]
        _keep(user, fresh, changed)
    return wanted


def reset_keys(user: User, *, action: str | None = None) -> None:
    """Give one action, or all, the key it came with. Raises Refused when another action has that key now."""
    with transaction.atomic():
        fresh = User.objects.select_for_update().get(pk=user.pk)
        changed = _changed(fresh)
        if action is not None:
            chosen = _find(action)
            changed.pop(action, None)
            taken = _holder(_merged(tuple(sorted(changed.items()))), chosen, chosen.key)
            if taken is not None:
                raise Refused(f"{show_key(chosen.key)} belongs to “{taken.words}” now. Change or reset that one first.")
        _keep(user, fresh, changed if action is not None else {})


def read_key(text: str) -> str:
    """A key as it was pressed or written ("j", "Ctrl+Enter"), in the one form that is kept. Raises Refused for what can't be used."""
    *modifiers, last = text.strip().split("+")
    held = {_MODIFIERS.get(modifier.strip().lower(), "") for modifier in modifiers}
    name = _NAMED.get(last.strip().lower(), last.strip())
    if "" in held:
        raise Refused("Only Ctrl, ⌘ and Shift can be held with a key, and + can't be one. Press another key.")
    if name in ("Escape", "Tab", ""):
        raise Refused("Esc, Tab and Space are needed to move about. Press another key.")
    if not (name in _NAMED.values() or (len(name) == 1 and name.isprintable())):
        raise Refused(f"“{text[:40]}” is no key that can be used. Press a letter or a sign, or Ctrl with one.")
    if "Shift+" in held and len(name) == 1:
        held, name = held - {"Shift+"}, name.upper()
    key = "".join(modifier for modifier in ("Mod+", "Shift+") if modifier in held) + name
    if key in _BROWSER:
        raise Refused(f"{show_key(key)} belongs to the browser. Press another key.")
    return key


def show_key(key: str) -> str:
    """A key as people read it: "Ctrl ↵", "J", "Esc"."""
    *held, last = key.split("+")
    if held and len(last) == 1 and last.isalpha():
        held, last = [*held, "Shift"] if last.isupper() else held, last.upper()
    words = [{"Mod": "Ctrl", "Shift": "⇧"}.get(name, name) for name in held]
    return " ".join([*words, _SHOWN.get(last, last)])


def tell_key(key: str) -> str:
    """A key as ``aria-keyshortcuts`` names it: "Control+Enter Meta+Enter", "Shift+J"."""
    *held, last = key.split("+")
    if len(last) == 1 and last.isalpha():
        held, last = [*held, "Shift"] if last.isupper() else held, last.upper() if held else last
    if "Mod" not in held:
        return "+".join([*held, last])
    rest = "+".join([*(name for name in held if name != "Mod"), last])
    return f"Control+{rest} Meta+{rest}"


def _changed(user: User) -> dict[str, str]:
    kept = user.preferences.get("keys") or {}
    return {name: key for name, key in kept.items() if name in ACTIONS and key and isinstance(key, str)}


def _find(name: str) -> Action:
    try:
        return ACTIONS[name]
    except KeyError as error:
        raise Refused(f"There is no action {name[:40]!r}. Reload the page.") from error


def _holder(keymap: Mapping[str, str], chosen: Action, key: str) -> Action | None:
    """The other action that ``key`` would be pressed for where ``chosen`` can be, too."""
    for action in ACTIONS.values():
        meet = action.group == chosen.group or EVERYWHERE in (action.group, chosen.group)
        has_it = key in "123456789" if keymap[action.name] == NUMBERS else keymap[action.name] == key
        if meet and has_it and action is not chosen:
            return action
    return None


@functools.lru_cache(maxsize=256)
def _merged(changed: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The table with what was changed. An action that came to be later does not take a key that was given away before."""
    keymap = {**DEFAULTS, **dict(changed)}
    for name, key in changed:
        loser = _holder(keymap, ACTIONS[name], key)
        if loser is not None and loser.name not in dict(changed):
            keymap[loser.name] = ""
    return MappingProxyType(keymap)


def _keep(user: User, fresh: User, changed: dict[str, str]) -> None:
    fresh.preferences = {**fresh.preferences, "keys": changed}
    fresh.save(update_fields=["preferences"])
    user.preferences = fresh.preferences
