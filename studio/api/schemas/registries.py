"""Registries, and what came of an import."""

from datetime import datetime
from typing import Self

from django.db.models import Count, QuerySet
from pydantic import BaseModel, Field

from generation.formats.tool_forms import ToolsRead
from studio.api.schemas.fields import Body, JsonObject, Patch, Plain, Slug, Title
from studio.domain.catalog import Imported
from studio.models import Registry

Tables = dict[str, JsonObject]


class RegistrySummary(BaseModel):
    id: str
    slug: str
    name: str
    description: str
    tool_count: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def rows(cls) -> QuerySet[Registry]:
        """The registries as ``of`` needs them."""
        return Registry.objects.annotate(tool_count=Count("tools"))

    @classmethod
    def of(cls, row: Registry) -> Self:
        """The registry for a list, a row of ``rows``."""
        return cls(
            id=row.pid,
            slug=row.slug,
            name=row.name,
            description=row.description,
            tool_count=row.tool_count,  # type: ignore[attr-defined]  # annotated by rows()
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class RegistryDetail(RegistrySummary):
    tables: Tables = Field(
        default_factory=dict, description="What each mock session starts from: {table: {key: record}}."
    )

    @classmethod
    def of(cls, row: Registry) -> Self:
        summary = RegistrySummary.of(row)
        return cls(**summary.model_dump(), tables=row.tables)


class RegistryCreate(Body):
    slug: Slug
    name: Title = Field(default="", min_length=0)
    description: Plain = ""
    tables: Tables = Field(default_factory=dict)


class RegistryPatch(Patch):
    name: Title = ""
    description: Plain = ""
    tables: Tables = Field(default_factory=dict)


class RefusedTool(BaseModel):
    number: int = Field(description="Its place in its list, from 1.")
    name: str
    reason: str


class ToolsImported(BaseModel):
    """Counts of tools; fixtures and tables that came along are in place, too."""

    form: str = Field(description="The form of the first tool: mcp, openai, deepfabric or tracewright.")
    added: int
    changed: int
    unchanged: int
    refused: list[RefusedTool]

    @classmethod
    def of(cls, read: ToolsRead, done: Imported) -> Self:
        """What became of the tools that were read."""
        refused = [RefusedTool(number=one.position, name=one.name, reason=one.reason) for one in read.refused]
        return cls(
            form=read.form.value, added=done.added, changed=done.changed, unchanged=done.unchanged, refused=refused
        )
