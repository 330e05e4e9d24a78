"""JSON out of what a model wrote: bare, fenced, behind thoughts or prose.

Lenient about what stands around the JSON, strict about the JSON: nothing inside it is guessed or mended, because
a mended call would be a call nobody decided.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

_CLOSED = re.compile(r"</(?:think|thinking|reasoning)>")
_OPEN = re.compile(r"\A[^{]*?<(?:think|thinking|reasoning)>")
# Braces in prose are cheap to skip, but a hostile text of nothing else must not cost seconds.
_BRACES_TRIED = 200


class NoJson(ValueError):
    """There is no JSON object in the text; the message says why, worded for the model."""


def json_objects(text: str) -> list[dict[str, Any]]:
    """Every JSON object that stands at the top of ``text``, in order; at least one.

    Raises NoJson for a text without one, for one that is cut off or broken, and for numbers JSON does not know (NaN).
    """
    body = _without_thoughts(text.removeprefix("\ufeff")).strip()
    try:
        whole = _DECODER.decode(body)
    except (ValueError, RecursionError):
        found = list(_scan(body))
    else:
        found = [whole] if isinstance(whole, dict) else []
    if not found:
        raise NoJson("The reply holds no JSON object: answer with one JSON object and nothing else.")
    return found


def _without_thoughts(text: str) -> str:
    # A text that begins with its answer keeps everything: the tags are then words inside the JSON. Some templates
    # leave out the opening tag; then the closing one ends thoughts only if an answer can follow it.
    while not text.lstrip().startswith(("{", "```")) and (closed := _CLOSED.search(text)):
        rest = text[closed.end() :]
        if "{" not in rest and not _OPEN.match(text):
            break
        text = rest
    if _OPEN.match(text):
        raise NoJson("The reply ends inside its thoughts and holds no answer: think briefly, then answer.")
    return text


def _scan(text: str) -> Iterator[dict[str, Any]]:
    position = 0
    for _ in range(_BRACES_TRIED):
        start = text.find("{", position)
        if start < 0:
            return
        try:
            value, position = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            if _was_meant_as_json(text[start : error.pos]):
                line = f"{error.msg} at character {error.pos - start}"
                raise NoJson(f"The reply's JSON is broken or cut off ({line}): write it whole.") from error
            position = start + 1
        except (ValueError, RecursionError) as error:
            raise NoJson(f"The reply's JSON can't be read ({error}).") from error
        else:
            yield value


def _was_meant_as_json(read: str) -> bool:
    """Whether a first key was read before it broke: then an object inside it must not be taken for the answer."""
    return re.match(r'\{\s*"', read) is not None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


# strict=False takes raw line breaks inside strings, which models write and which can't be misread.
_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant, strict=False)
