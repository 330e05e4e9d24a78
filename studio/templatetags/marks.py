"""The studio's small visual words for templates: icons, state badges, keys, times, navigation links.

A state is always an icon and a word and a colour; this is the one place that says which. ``studio.domain.keymaps`` says how an
action gets its key.
"""

import functools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from studio.domain.comments import unread_mentions
from studio.domain.keymaps import ACTIONS, DEFAULTS, NUMBERS, keymap_of, show_key, tell_key
from studio.models import Conversation, Tag, User
from studio.web.visible_text import show

register = template.Library()


class Mark(NamedTuple):
    """How a state looks: ``colour`` is one of ok, flagged, error, stale, edited, running, or nothing."""

    icon: str
    word: str
    colour: str = ""


MARKS: dict[str, Mark] = {
    # conversations
    "needs_review": Mark("waiting", "Needs review"),
    "in_review": Mark("eye", "In review", "running"),
    "second_opinion": Mark("opinion", "Second opinion", "flagged"),
    "approved": Mark("ok", "Approved", "ok"),
    "rejected": Mark("error", "Rejected", "error"),
    "adjudication": Mark("opinion", "Needs adjudication", "flagged"),
    "withheld": Mark("withheld", "Withheld", "error"),
    "skipped": Mark("next", "Skipped"),
    # runs, items, reruns
    "pending": Mark("waiting", "Waiting"),
    "building": Mark("running", "Building", "running"),
    "interrupted": Mark("paused", "Interrupted", "flagged"),
    "done": Mark("ok", "Done", "ok"),
    "failed": Mark("error", "Failed", "error"),
    "running": Mark("running", "Running", "running"),
    "paused": Mark("paused", "Paused", "flagged"),
    "finished": Mark("ok", "Finished", "ok"),
    "stopped": Mark("stopped", "Stopped", "error"),
    "cancelled": Mark("withheld", "Cancelled"),
    # bulk actions
    "prepared": Mark("waiting", "Not started"),
    "undoing": Mark("running", "Being undone", "running"),
    "undone": Mark("undo", "Undone"),
    # pairs and findings
    "unseen": Mark("unseen", "Unseen"),
    "ok": Mark("ok", "Ok", "ok"),
    "wrong": Mark("error", "Wrong", "error"),
    "tool_error": Mark("error", "Tool error", "error"),
    "error": Mark("error", "Error", "error"),
    "flagged": Mark("flagged", "Flagged", "flagged"),
    "blocking": Mark("error", "Blocking", "error"),
    "warning": Mark("flagged", "Warning", "flagged"),
    "waived": Mark("check", "Waived"),
    "stale": Mark("stale", "Stale", "stale"),
    "edited": Mark("edited", "Edited", "edited"),
    "threads": Mark("comment", "Comments", "running"),
}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A decorative icon of the sprite; the word beside it says what it means."""
    return _drawn(name, extra)


@functools.lru_cache(maxsize=1024, typed=True)
def _drawn(name: str, extra: str) -> SafeString:
    # A page of 60 pairs shows some 370 of a dozen kinds; the static URL alone is a tenth of its time.
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', extra, static("icons.svg"), name
    )


@register.simple_tag
def badge(state: str, word: str | int = "") -> SafeString:
    """The state as icon, word and colour; ``word`` overrules the usual one ("3 stale")."""
    mark = MARKS.get(str(state), Mark("info", str(state)))
    colour = f"state-{mark.colour}" if mark.colour else ""
    return format_html('<span class="badge {}">{}{}</span>', colour, icon(mark.icon), word or mark.word)


@register.simple_tag
def tag_badge(tag: Tag) -> SafeString:
    """A tag of a conversation: its name, with a mark in its colour."""
    return format_html('<span class="badge state-{}">{}{}</span>', tag.colour, icon("tag"), show(tag.name))


@register.simple_tag
def status_badge(conversation: Conversation) -> SafeString:
    """The status of a conversation as people mean it: a waiting one that somebody has open is in review."""
    is_open = conversation.is_claimed and conversation.status in Conversation.Status.waiting()
    return badge("in_review" if is_open else conversation.status)


@register.simple_tag(takes_context=True)
def key(context: dict[str, Any], action: str) -> SafeString:
    """The key that does the same as the button this stands in; screen readers are told by ``{% shortcut %}``."""
    return _hint(_keymap(context)[action])


@register.simple_tag(takes_context=True)
def shortcut(context: dict[str, Any], action: str, *others: str, while_typing: bool = False) -> SafeString:
    """Attributes of the element that does this action, and is found by the keys of ``others`` as well.

    ``while_typing``: the element sends its own form, and is meant only by a key pressed in a field of that form.
    """
    keys = _keymap(context)
    return _attributes(action, tuple(keys[name] for name in (action, *others) if keys[name]), while_typing)


@register.simple_tag(takes_context=True)
def key_name(context: dict[str, Any], action: str) -> str:
    """The action's key as plain words, where no markup can stand."""
    return show_key(_keymap(context)[action])


@register.simple_tag(takes_context=True)
def key_list(context: dict[str, Any], group: str, *, always: bool = False) -> SafeString:
    """The keys of a group with their words, as rows of a ``<dl>``; of them the shell shows those that the page has.

    ``always``: all of them are shown, because they come and go while one works.
    """
    keys = _keymap(context)
    rows = []
    for action in ACTIONS.values():
        if action.group == group and (pressed := keys[action.name]):
            is_there = always or action.name == "leave"
            needed = "" if is_there else format_html(' data-needs="{}"', "1" if pressed == NUMBERS else pressed)
            rows.append((needed, show_key(pressed), action.words))
    return format_html_join("\n", "<dt{}><kbd>{}</kbd></dt><dd>{}</dd>", rows)


def _keymap(context: dict[str, Any]) -> Mapping[str, str]:
    user = getattr(context.get("request"), "user", None)
    return keymap_of(user) if isinstance(user, User) else DEFAULTS


@functools.lru_cache(maxsize=1024)
def _hint(key: str) -> SafeString:
    return format_html('<kbd aria-hidden="true">{}</kbd>', show_key(key)) if key else SafeString()


# A page of 60 pairs asks for some 600.
@functools.lru_cache(maxsize=1024)
def _attributes(action: str, keys: tuple[str, ...], while_typing: bool) -> SafeString:
    does = SafeString("data-while-typing") if while_typing else format_html('data-do="{}"', action)
    if not keys:
        return does
    told = " ".join(tell_key(key) for key in keys)
    return format_html('{} data-key="{}" aria-keyshortcuts="{}"', does, " ".join(keys), told)


@register.simple_tag(takes_context=True)
def mention_count(context: dict[str, Any]) -> int:
    """In how many comments whoever is logged in is mentioned, and has not read it."""
    request = context.get("request")
    counted: int | None = getattr(request, "unread_mentions", None)
    if counted is not None:  # by a page that marks some as read
        return counted
    user = getattr(request, "user", None)
    return unread_mentions(user).count() if isinstance(user, User) else 0


@register.simple_tag
def when(moment: datetime | None) -> SafeString | str:
    """How long ago; the exact time on hover, which the shell rewrites into the reader's zone."""
    if moment is None:
        return "—"
    exact = moment.strftime("%Y-%m-%d %H:%M UTC")
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, naturaltime(moment)
    )


@register.simple_tag(takes_context=True)
def nav_link(context: dict[str, Any], url_name: str, icon_name: str, word: str) -> SafeString:
    """An entry of the navigation, marked as current on its page and the pages below it."""
    url = reverse(url_name)
    request = context.get("request")
    here = request.path if request else ""
    current = here == url if url == "/" else here.startswith(url)
    return format_html(
        '<li><a class="nav-link" href="{}" title="{}"{}>{}<span class="nav-word">{}</span></a></li>',
        url,
        word,
        format_html(' aria-current="{}"', "page" if here == url else "true") if current else "",
        icon(icon_name),
        word,
    )


@register.filter
def words(name: str) -> str:
    """A name as words: write_then_verify becomes write then verify."""
    return name.replace("_", " ")


@register.filter
def duration(seconds: float) -> str:
    """Seconds as people say them: 850 ms, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def pretty_json(value: object) -> SafeString:
    """JSON for reading: indented, keys in their order, odd characters as marks."""
    return show(json.dumps(value, indent=2, ensure_ascii=False))
