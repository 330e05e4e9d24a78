"""Saved views: filters and a sort under a name."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from studio.api.schemas.fields import Body, Patch, Plain
from studio.models import SavedView


class SavedViewShown(BaseModel):
    id: str
    name: str
    query: str = Field(description="The query string of `GET /api/conversations` and of the list's page, without `?`.")
    owner: str
    is_shared: bool = Field(description="Whether everybody sees it.")
    is_default: bool = Field(description="Whether it is what the list's page opens with for who asks.")
    created_at: datetime

    @classmethod
    def of(cls, row: SavedView) -> Self:
        """The view; its owner and ``is_default`` are loaded."""
        same = {name: getattr(row, name) for name in ("name", "query", "is_shared", "is_default", "created_at")}
        return cls(id=row.pid, owner=str(row.owner), **same)


Name = Annotated[Plain, Field(min_length=1, max_length=60)]


class SavedViewCreate(Body):
    """One of that name that the user has already is replaced. Only leads share."""

    name: Name
    query: str = Field(default="", max_length=4000)
    is_shared: bool = False


class SavedViewPatch(Patch):
    name: Name = ""
    is_shared: bool = False
    is_default: bool = False
