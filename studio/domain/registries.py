"""Registries edited piece by piece: made, renamed, removed; their tools and fixtures replaced or taken away.

Runs and conversations keep the tool set they were made with; nothing here reaches them.
"""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from generation.fixtures import Fixture as FixtureValue
from studio.domain.errors import NotPossible, Refused
from studio.models import Fixture, Registry, Tool


def create_registry(
    slug: str, *, name: str = "", description: str = "", tables: dict[str, Any] | None = None
) -> Registry:
    """A new, empty registry. Raises NotPossible when the slug is taken."""
    try:
        with transaction.atomic():
            return Registry.objects.create(slug=slug, name=name or slug, description=description, tables=tables or {})
    except IntegrityError as error:
        raise NotPossible(f"There is a registry {slug!r} already.") from error


def change_registry(registry: Registry, **values: Any) -> Registry:
    """Change its name, description or tables."""
    for name, value in values.items():
        setattr(registry, name, value)
    registry.save(update_fields=[*values, "updated_at"])
    return registry


def delete_registry(registry: Registry) -> None:
    """Delete it with its tools and fixtures. Raises NotPossible when runs were made with it."""
    try:
        registry.delete()
    except ProtectedError as error:
        raise NotPossible("Runs were made with this registry; it can't be deleted.") from error


def delete_tool(tool: Tool) -> None:
    """Delete a tool with its fixtures."""
    with transaction.atomic():
        registry = tool.registry
        tool.delete()
        registry.save(update_fields=["updated_at"])


@transaction.atomic
def replace_fixtures(tool: Tool, *, fixtures: Sequence[FixtureValue]) -> None:
    """Make these the tool's fixtures, in this order; none: the tool has none. Raises Refused for another tool's."""
    for fixture in fixtures:
        if fixture.tool != tool.name:
            raise Refused(f"A fixture answers for {fixture.tool!r}, not for {tool.name!r}.")
    tool.fixtures.all().delete()
    Fixture.objects.bulk_create(
        Fixture(
            tool=tool,
            position=position,
            # Not mode="json": that mangles lone surrogates in keys.
            document=fixture.model_dump(exclude={"tool"}, exclude_defaults=True),
        )
        for position, fixture in enumerate(fixtures)
    )
    tool.registry.save(update_fields=["updated_at"])
