"""MCP servers of registries: where they may be, what they are given, which tools they have."""

from contextlib import suppress

from django.conf import settings
from pydantic import ValidationError

from generation.errors import InvalidInput
from generation.formats.tool_forms import ToolsRead, tools_of
from generation.mcp_servers import McpServer
from generation.plan import explain
from generation.sandbox.client import MCP
from generation.sandbox.mcp_session import Connection, McpSession, open_connection, require_secrets
from generation.tools import ToolRegistry
from studio.domain.addresses import require_harmless
from studio.domain.errors import Refused


def server_at(**members: object) -> McpServer:
    """The server described by these members. Raises InvalidInput that says what is wrong."""
    try:
        return McpServer.model_validate(members)
    except ValidationError as error:
        raise InvalidInput(f"This is no MCP server: {explain(error, known=list(McpServer.model_fields))}.") from error


def connect(server: McpServer) -> Connection:
    """A client session. Raises InvalidInput as ``require_allowed``, else as ``open_connection``."""
    require_allowed(server)
    return open_connection(server, secrets=settings.MCP_SECRETS)


def require_allowed(server: McpServer) -> None:
    """Raises InvalidInput for an address nobody may point the studio at, and for variables that are not set."""
    if server.url:
        require_url_harmless(server.url)
    require_secrets(server, secrets=settings.MCP_SECRETS)


def require_url_harmless(url: str) -> None:
    """Raises InvalidInput when the URL leads to a metadata service or a link-local address."""
    try:
        require_harmless(url)
    except Refused as error:
        raise InvalidInput(f"{url}: {error}") from error


def session_with(registry: ToolRegistry) -> McpSession | None:
    """A conversation's session with the registry's server, not opened yet; None when it has none.

    Raises InvalidInput as ``require_allowed``, so that it is said before any model was asked.
    """
    server = registry.mcp
    if server is None:
        return None
    require_allowed(server)
    return McpSession(lambda: connect(server))


def read_server_tools(server: McpServer) -> ToolsRead:
    """All tools the server lists, to run in it. Raises InvalidInput, and SandboxUnavailable when it does not answer."""
    connection = connect(server)
    try:
        listed = connection.list_tools()
    finally:
        with suppress(Exception):
            connection.close()
    if not listed:
        raise InvalidInput(f"The MCP server {server} lists no tools.")
    return tools_of({"tools": listed}, component=MCP, name=f"What {server} lists")
