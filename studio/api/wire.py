"""JSON in and out. Text may hold NUL and lone surrogates both ways; what is no JSON number or nests too deep is refused."""

import json
import math
from typing import Any, NoReturn, cast

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.responses import NinjaJSONEncoder

from generation.formats.documents import check_depth


class BodyParser(Parser):
    """Reads request bodies. What it raises becomes 400 ``malformed_json``."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return cast(dict[str, Any], read_json(request.body))


class AsciiRenderer(BaseRenderer):
    """Writes answers as ASCII, so that every character survives every reader. Times are ISO 8601 in UTC."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        del request, response_status
        return json.dumps(data, cls=NinjaJSONEncoder, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def read_json(body: bytes) -> Any:
    """The JSON value of a body. Raises ValueError that says what is wrong."""
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        check_depth(value)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that JSON can hold")
