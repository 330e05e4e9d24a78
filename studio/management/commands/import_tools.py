"""``import_tools``: fill a registry from a file, from a document on the web, or from an MCP server."""

import shlex
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx

from generation.errors import InvalidInput
from generation.formats.tool_forms import ToolsRead, read_tools
from generation.mcp_servers import McpServer
from studio.domain.catalog import ensure_registry, put_tools
from studio.management.command import CommandParser, StudioCommand, read_file
from studio.mcp_servers import read_server_tools, require_url_harmless, server_at

DOCUMENTS = frozenset({".json", ".yaml", ".yml"})
"""Endings of URLs behind which a document lies; behind all others an MCP server is expected."""

MAX_BYTES = 20_000_000


class Command(StudioCommand):
    help = (
        "Import tools from MCP tools/list JSON, OpenAI functions, DeepFabric's form or a registry document into a registry; "
        "or from a running MCP server, which is then where they run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            metavar="FILE_OR_URL",
            nargs="?",
            help="JSON or YAML, whose form is found out from its content; or the URL of an MCP server (streamable HTTP) or "
            "of such a document (.json, .yaml).",
        )
        parser.add_argument(
            "--stdio",
            metavar="COMMAND",
            help='Start this MCP server, like "npx -y some-server", and ask it for its tools.',
        )
        parser.add_argument(
            "--header",
            metavar="NAME=VARIABLE",
            action="append",
            default=[],
            help="Send the MCP server this header with the value of the environment variable MCP_….",
        )
        parser.add_argument(
            "--env",
            metavar="VARIABLE",
            action="append",
            default=[],
            help="Hand this environment variable MCP_… on to the MCP server that --stdio starts.",
        )
        parser.add_argument(
            "--registry", required=True, help="Made when it is not there; tools of the same name are replaced."
        )
        parser.add_argument(
            "--component", default="mock", help="Sandbox component of tools that name none (default: mock)."
        )

    def work(self, **options: Any) -> None:
        if bool(options["file"]) == bool(options["stdio"]):
            self.fail("Name a FILE_OR_URL or a --stdio command, one of them.")
        server = _server(options)
        if server is None and (options["header"] or options["env"]):
            self.fail("--header and --env are for MCP servers.")
        source = str(server) if server else options["file"]
        read = read_server_tools(server) if server else _read_document(source, options["component"])
        for refused in read.refused:
            self.say(f"Tool {refused.position} ({refused.name or 'no name'}) refused: {refused.reason}")
        if not read.tools:
            self.fail(f"{source} holds no tool that can be used.")
        registry = ensure_registry(options["registry"], description=read.description)
        done = put_tools(
            registry,
            tools=read.tools,
            fixtures=read.fixtures,
            tables=read.tables,
            push_mock=read.push_mock,
            mcp=server,
        )
        self.stdout.write(
            f"{registry.slug}: {done.added} added, {done.changed} changed, {done.unchanged} unchanged, {len(read.refused)} refused"
        )


def _server(options: dict[str, Any]) -> McpServer | None:
    if options["stdio"]:
        try:
            command, *args = shlex.split(options["stdio"])
        except ValueError as error:
            raise InvalidInput(f"--stdio {options['stdio']!r} is no command: {error}.") from error
        return server_at(command=command, args=args, env=options["env"])
    if not _is_url(options["file"]) or _is_document(options["file"]):
        return None
    headers = dict(_header(text) for text in options["header"])
    return server_at(url=options["file"], headers_from_env=headers, env=options["env"])


def _header(text: str) -> tuple[str, str]:
    name, sign, variable = text.partition("=")
    if not sign:
        raise InvalidInput(f"--header {text!r} is not understood: write it like Authorization=MCP_TOKEN.")
    return name, variable


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _is_document(url: str) -> bool:
    return PurePosixPath(urlsplit(url).path).suffix.lower() in DOCUMENTS


def _read_document(source: str, component: str) -> ToolsRead:
    content = _fetch(source) if _is_url(source) else read_file(source)
    return read_tools(content, component=component, name=source)


def _fetch(url: str) -> bytes:
    """What lies at the URL; redirects are not followed, because they may lead anywhere."""
    require_url_harmless(url)
    content = b""
    try:
        with httpx.stream("GET", url, timeout=30) as response:
            if response.status_code != 200:
                raise InvalidInput(f"{url} answers {response.status_code}: name the document itself.")
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise InvalidInput(f"{url} holds more than {MAX_BYTES // 1_000_000} MB.")
    except httpx.HTTPError as error:
        raise InvalidInput(f"{url} can't be fetched: {error}.") from error
    return content
