"""Fixture and Action: what the mock component answers, as data.

A fixture is chosen for a call and either answers with fixed JSON or reads and writes the session's
tables, so that a mock tool is stateful without any code. ``generation.sandbox.mock`` gives the meaning.

**Templates.** In any string of ``response``, ``error``, ``missing`` and an action, ``{{name}}`` is replaced
once (never inside what was put in) by the argument of that name; ``{{a.b}}`` walks into objects. A string that
is one template and nothing else becomes the JSON value itself; an object member or condition whose whole
value is a template of an absent argument is left out. Besides arguments: ``{{$key}}`` the record's key,
``{{$n}}`` the number given to an inserted record, ``{{$record.field}}`` the record met or written,
``{{$count}}`` how many records a list found, ``{{$records}}`` the list.

**State transitions.** What a call changes, a later call's fixture can ask for. A build that can be cancelled only while it
runs is one table and three fixtures; the first two are preferred because they have a condition more::

    {"tool": "cancel_build", "when": [{"table": "builds", "key": "{{id}}", "has": {"state": "running"}}],
     "action": {"do": "update", "table": "builds", "key": "{{id}}", "set": {"state": "cancelled"}},
     "response": "{{id}} is cancelled"}
    {"tool": "cancel_build", "when": [{"table": "builds", "key": "{{id}}", "exists": false}],
     "error": {"type": "NotFound", "message": "No build {{id}}"}}
    {"tool": "cancel_build", "error": {"type": "Conflict", "message": "{{id}} is not running any more"}}

**Sequences.** ``responses`` are given one after the other, each time the fixture is chosen in a session; the last one stays.
A job that gets done while it is watched::

    {"tool": "get_job", "match": {"id": 7}, "responses": [{"state": "queued"}, {"state": "running"}, {"state": "done"}]}
"""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Verb(StrEnum):
    """What an action does with a table."""

    GET = "get"
    LIST = "list"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Action(BaseModel):
    """One read or write of a session's table (``{key: record}``, a record being a JSON object).

    get, update, delete: ``key``; a missing record is the tool error NotFound with the text ``missing``.
    list: ``where`` (equal; an array field: contains), ``search`` (fields that must contain the text ``text``, any
    of them, case ignored), ``at_least`` and ``at_most`` (bounds by field), ``sort`` (field, ``-field`` descending),
    ``limit``, ``fields`` (what each listed record shows).
    insert: ``new_key`` (with ``{{$n}}``, the table's highest number plus 1, or any template), ``record``; a key that is taken is the
    tool error AlreadyExists. update: ``set`` fields, ``append`` to and ``remove`` from array fields.
    """

    model_config = ConfigDict(extra="forbid")

    do: Verb
    table: str
    key: str | None = None
    where: dict[str, Any] = Field(default_factory=dict)
    search: list[str] = Field(default_factory=list)
    text: str | None = None
    at_least: dict[str, Any] = Field(default_factory=dict)
    at_most: dict[str, Any] = Field(default_factory=dict)
    sort: str | None = None
    limit: int | str | None = None
    fields: list[str] = Field(default_factory=list)
    new_key: str | None = None
    record: dict[str, Any] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)
    append: dict[str, Any] = Field(default_factory=dict)
    remove: dict[str, Any] = Field(default_factory=dict)
    missing: str = "No record {{$key}}"

    @model_validator(mode="after")
    def _has_its_key(self) -> Self:
        if self.do in (Verb.GET, Verb.UPDATE, Verb.DELETE) and self.key is None:
            raise ValueError(f"an action that does {self.do.value} needs a key")
        if self.do is Verb.INSERT and self.new_key is None:
            raise ValueError("an action that does insert needs a new_key")
        return self


class Condition(BaseModel):
    """A state in which a fixture applies: the record ``key`` of ``table`` exists and has the values ``has``
    (or, with ``exists`` false, does not exist). With a ``key`` that is one template of an absent or null
    argument it does not hold, so that an optional reference is looked up only when it is given."""

    model_config = ConfigDict(extra="forbid")

    table: str
    key: str
    has: dict[str, Any] = Field(default_factory=dict)
    exists: bool = True


class Fixture(BaseModel):
    """What one tool answers when ``match`` stands in the arguments (JSON equality) and every ``when`` holds.

    The highest ``priority`` wins, then the most conditions (match and when), then the earlier one. It
    answers with ``error`` (``{"type", "message"}``, a tool error), or does ``action``, and answers
    with ``response`` or the next of ``responses`` if given, else with what the action met. An action that ends in a tool
    error uses up no response.
    """

    model_config = ConfigDict(extra="forbid")

    tool: str
    match: dict[str, Any] = Field(default_factory=dict)
    when: list[Condition] = Field(default_factory=list)
    priority: int = 0
    action: Action | None = None
    error: dict[str, str] | None = None
    response: Any = None
    responses: list[Any] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _answers_in_one_way(self) -> Self:
        ways = [name for name in ("error", "response", "responses") if getattr(self, name) not in (None, [])]
        if self.responses and len(ways) > 1:
            raise ValueError(f"a fixture answers in one way, not with {' and '.join(ways)}")
        return self
