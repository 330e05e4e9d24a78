"""``import_tools`` from files, documents on the web and running MCP servers."""

import http.server
import io
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generation.mcp_servers import McpServer
from studio.domain.catalog import registry_value
from studio.models import Registry
from tests.standins.mcp_server import TOOLS, McpStandIn

pytestmark = pytest.mark.django_db

STDIO = f"{sys.executable} -m tests.standins.mcp_server"
NAMES = [tool.name for tool in TOOLS]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_tools", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def registry(slug: str = "notes") -> Registry:
    return Registry.objects.get(slug=slug)


@pytest.fixture
def server() -> Iterator[McpStandIn]:
    with McpStandIn() as server:
        yield server


def test_tools_of_a_server_run_in_it_from_then_on(server: McpStandIn) -> None:
    assert run(server.url, "--registry", "notes") == f"notes: {len(NAMES)} added, 0 changed, 0 unchanged, 0 refused\n"
    value = registry_value(registry())
    assert [tool.name for tool in value.tools] == NAMES
    assert {tool.component for tool in value.tools} == {"mcp"}
    assert value.tools[0].parameters["required"] == ["key", "value"]
    assert [tool.only_reads for tool in value.tools[:2]] == [False, True]
    assert value.mcp == McpServer(url=server.url)
    assert "0 added, 0 changed, 9 unchanged" in run(server.url, "--registry", "notes")
    assert server.sessions == set()


def test_a_server_is_given_what_the_environment_holds_for_it(server: McpStandIn, settings) -> None:
    settings.MCP_SECRETS = {"MCP_TOKEN": "Bearer s3cret"}
    run(server.url, "--registry", "notes", "--header", "Authorization=MCP_TOKEN")
    assert server.headers[0]["authorization"] == "Bearer s3cret"
    assert registry().mcp == {"url": server.url, "headers_from_env": {"Authorization": "MCP_TOKEN"}}
    # the next import does not take it away
    server.headers.clear()
    settings.MCP_SECRETS = {}
    run(server.url, "--registry", "notes")
    assert registry().mcp["headers_from_env"] == {"Authorization": "MCP_TOKEN"}
    with pytest.raises(CommandError, match="MCP_TOKEN: set it in the environment"):
        run(server.url, "--registry", "other", "--header", "Authorization=MCP_TOKEN")


def test_tools_of_a_program_run_in_it_from_then_on() -> None:
    assert "9 added" in run("--stdio", STDIO, "--registry", "notes")
    assert registry().mcp == {"command": sys.executable, "args": ["-m", "tests.standins.mcp_server"]}


def test_a_registry_has_one_server(server: McpStandIn) -> None:
    run(server.url, "--registry", "notes")
    with pytest.raises(CommandError, match="use another registry"):
        run("--stdio", STDIO, "--registry", "notes")
    assert registry().mcp == {"url": server.url}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "Name a FILE_OR_URL or a --stdio command"),
        (("file.json", "--stdio", "x"), "one of them"),
        (("http://169.254.169.254/mcp",), "metadata service"),
        (("http://169.254.169.254/tools.json",), "metadata service"),
        (("http://127.0.0.1:9/mcp",), "gives no session"),
        (("http://127.0.0.1:9/tools.json",), "can't be fetched"),
        (("--stdio", "/nowhere/server --flag"), "No such file"),
        (("--stdio", "unclosed 'quote"), "is no command"),
        (("--stdio", " "), "is no command"),
        (("http://127.0.0.1:9/mcp", "--header", "X-Key=SECRET_KEY"), "is no variable for MCP servers"),
        (("http://127.0.0.1:9/mcp", "--header", "X-Key"), "is not understood"),
        (("file.json", "--env", "MCP_KEY"), "are for MCP servers"),
    ],
)
def test_what_can_not_be_imported_is_said_in_one_sentence_and_nothing_is_made(
    arguments: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(CommandError, match=problem) as refused:
        run(*arguments, "--registry", "notes")
    assert refused.value.returncode == 2
    assert not Registry.objects.filter(slug="notes").exists()


class _Document(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"tools": [{"name": "look", "inputSchema": {"type": "object"}}]}).encode()
        self.send_response(302 if "moved" in self.path else 200)
        self.send_header("Location", "/tools.json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests stay quiet."""


@pytest.fixture
def documents() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Document)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_document_on_the_web_is_read_as_a_file_is(documents: str, tmp_path: Path) -> None:
    assert "1 added" in run(f"{documents}/tools.json", "--registry", "notes")
    tool = registry_value(registry()).tools[0]
    assert (tool.name, tool.component, registry().mcp) == ("look", "mock", {})
    path = tmp_path / "tools.json"
    path.write_text('[{"name": "look", "inputSchema": {"type": "object"}}]')
    assert "0 added, 0 changed, 1 unchanged" in run(str(path), "--registry", "notes")
    with pytest.raises(CommandError, match="answers 302"):
        run(f"{documents}/moved.json", "--registry", "notes")
