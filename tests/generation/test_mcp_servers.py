import pytest
from pydantic import ValidationError

from generation.mcp_servers import McpServer


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"url": "http://a/mcp", "command": "x"},
        {"url": "file:///etc/passwd"},
        {"url": "http://a/mcp", "args": ["x"]},
        {"url": "http://a/mcp", "headers_from_env": {"X-Key": "SECRET_KEY"}},
        {"url": "http://a/mcp", "headers_from_env": {"X-Key\r\nHost": "MCP_KEY"}},
        {"command": "x", "headers_from_env": {"X-Key": "MCP_KEY"}},
        {"command": "x", "env": ["OPENAI_API_KEY"]},
        {"url": "http://a/mcp", "token": "secret"},
        {"url": "http://a/mcp", "timeout_s": 0},
    ],
)
def test_a_server_that_is_none_or_names_other_secrets_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        McpServer.model_validate(document)


def test_a_server_is_named_by_where_it_is() -> None:
    assert str(McpServer(url="http://a/mcp", headers_from_env={"Authorization": "MCP_AUTH"})) == "http://a/mcp"
    assert str(McpServer(command="npx", args=["-y", "server"], env=["MCP_KEY"])) == "npx -y server"
