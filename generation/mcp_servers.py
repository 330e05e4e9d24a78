"""McpServer: where an MCP server is found, as data. It holds names of secrets, never secrets.

Whoever may set one decides which program is started or which address is asked from inside, so only admins may.
"""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

VARIABLE_PATTERN = re.compile(r"MCP_[A-Z0-9_]{1,60}")
HEADER_PATTERN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class McpServer(BaseModel):
    """Either ``url`` (streamable HTTP) or ``command`` with ``args`` (stdio: a process of its own for each conversation).

    ``headers_from_env``: ``{header: variable}``; a request carries the variable's value. ``env``: variables the process gets
    besides PATH, HOME and their like. Variables begin with ``MCP_``, so that no other secret can be named.
    ``timeout_s`` bounds each request, in seconds.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = ""
    headers_from_env: dict[str, str] = Field(default_factory=dict)
    command: str = ""
    args: list[str] = Field(default_factory=list)
    env: list[str] = Field(default_factory=list)
    timeout_s: float = Field(default=30, gt=0, le=600)

    @model_validator(mode="after")
    def _is_one_server(self) -> Self:
        if bool(self.url) == bool(self.command):
            raise ValueError("an MCP server has a url or a command, one of them")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"{self.url!r} is no URL of an MCP server: write it like http://127.0.0.1:8000/mcp")
        if self.url and (self.args or self.env):
            raise ValueError("args and env go with a command, not with a url")
        if self.command and self.headers_from_env:
            raise ValueError("headers_from_env goes with a url, not with a command")
        for header in self.headers_from_env:
            if not HEADER_PATTERN.fullmatch(header):
                raise ValueError(f"{header!r} is no name of a header")
        for variable in (*self.headers_from_env.values(), *self.env):
            if not VARIABLE_PATTERN.fullmatch(variable):
                raise ValueError(f"{variable!r} is no variable for MCP servers: name one like MCP_TOKEN")
        return self

    def __str__(self) -> str:
        return self.url or " ".join([self.command, *self.args])
