"""Kinds of members that several resources share."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_INTEGER = 2**31 - 1


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("NUL and lone surrogates can't be kept here")
    return text


Plain = Annotated[str, AfterValidator(_storable)]
"""Text for a database column or a filter."""

Slug = Annotated[str, Field(pattern=r"^[-a-z0-9_]+$", min_length=1, max_length=80)]
Reference = Annotated[str, Field(min_length=1, max_length=80, description="An id, or the slug.")]
Title = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_storable)]
Version = Annotated[
    int, Field(strict=True, ge=1, le=MAX_INTEGER, description="The version of the conversation this was made for.")
]
Merge = Annotated[
    bool,
    Field(
        strict=True,
        description="When somebody saved since `version`: merge with it what does not collide, instead of refusing with 409.",
    ),
]
Index = Annotated[int, Field(strict=True, ge=0, le=MAX_INTEGER)]
Reason = Annotated[str, Field(max_length=500), AfterValidator(_storable)]
JsonObject = dict[str, Any]


class Body(BaseModel):
    """What comes in: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class Patch(Body):
    """Changes: members that are left out stay as they are, null is no value."""

    def changes(self) -> dict[str, Any]:
        """The members that were sent."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
