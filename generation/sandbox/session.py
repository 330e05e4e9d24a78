"""Session: one conversation's sandbox, from its seed to its verified cleanup.

Owns retries and their exactness. Repeating a call whose answer was lost could run it twice (a ``delete_file`` that
did happen would then answer FileNotFound, and that lie would become data). So only what changes nothing, or
certainly never arrived, is repeated in place; after any other failure the sandbox is **rebuilt** under a new session
id (seeded, earlier changing calls replayed) and the call runs there, once. All ids are cleaned up.

What this can't undo are effects outside the sandbox: a component of the user's own that acts on the world may see
such a call twice; and a request that lands only after the cleanup was seen leaves what it wrote. Tools are believed
when they say they only read (``readOnlyHint``).
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, Self

from generation.conversation import Call, Outcome
from generation.errors import InvalidInput, InvalidScenario, SandboxUnavailable, SeedingFailed
from generation.sandbox.backoff import Backoff
from generation.sandbox.cleanup import sweep_session
from generation.sandbox.client import MCP, MOCK, VFS, NotDelivered, SpinClient, is_read, mcp_form
from generation.sandbox.execution import Execution
from generation.sandbox.faults import FaultInjector
from generation.sandbox.mcp_session import McpSession
from generation.sandbox.pushing import pushed_tools, require_pushable
from generation.sandbox.world import World
from generation.tools import ToolDefinition


def new_session_id() -> str:
    return str(uuid.uuid4())


class Session:
    """A sandbox of its own in the tool service. For one thread at a time; ``with`` seeds it and cleans it up.

    ``spin`` runs the tools. Mock tools of a world with fixtures or tables run in ``embedded`` instead, since the
    real mock component has no sessions; ``embedded`` is not needed when ``spin`` itself is the embedded runtime.
    Mock tools without either that the real component does not know yet are loaded into it, and stay there; a world that
    says ``push_mock`` has all of them loaded with their fixtures (``generation.sandbox.pushing``).
    Tools of the component ``mcp`` run in the server that ``mcp`` speaks to.
    ``session_id`` must not have been used before. ``on_open`` is told each session id before its first use, so that a
    sweeper can find what a dead process left. Raises InvalidInput when fixtures have no embedded runtime to run in, or
    can't be pushed (InvalidScenario when that is because of the scenario's tables), and when there are tools of an MCP
    server and no server.
    """

    def __init__(
        self,
        spin: SpinClient,
        *,
        world: World,
        session_id: str | None = None,
        embedded: SpinClient | None = None,
        mcp: McpSession | None = None,
        backoff: Backoff | None = None,
        on_open: Callable[[str], None] | None = None,
    ) -> None:
        self._spin = spin
        self._mock = _mock_client(spin, embedded, world)
        self._mcp = _mcp_session(mcp, world)
        self._world = world
        self._backoff = backoff or Backoff()
        self._on_open = on_open
        self._faults = FaultInjector(world.faults)
        self.session_id = session_id or new_session_id()
        self._open_ids: list[str] = []
        self._uses_files = world.has_files
        self._changes: list[tuple[ToolDefinition, Mapping[str, Any]]] = []
        self._is_fresh = False
        self._is_in_doubt = False

    def __enter__(self) -> Self:
        try:
            self.seed()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_clean(self) -> bool:
        """Whether nothing of it is left in the service, as far as that was seen."""
        return not self._open_ids

    def seed(self) -> None:
        """Put the world into the sandbox and verify that it is there. To be called once, before the first call.

        Raises SeedingFailed when a file, fixture or table is refused or not as written; SandboxUnavailable.
        """
        self._open()
        for path, content in self._world.seed_files.items():
            self._seed_file(path, content)
        if self._world.seed_files:
            paths = self._backoff.run(lambda: self._spin.list_files(self.session_id))
            if sorted(paths) != sorted(self._world.seed_files):
                raise SeedingFailed(
                    f"The sandbox should hold {sorted(self._world.seed_files)}, but holds {sorted(paths)}"
                )
        self._backoff.run(self._seed_mock)
        self._is_fresh = True

    def execute(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        """The tool's answer to this call, run exactly once as far as the sandbox's state shows.

        Where the world has a fault for this call, that is the answer, and the tool does not run unless the fault lets
        it. Infrastructure failures are retried with backoff; raises SandboxUnavailable when they stay. The session can
        be used on after that: the sandbox is rebuilt first if need be.
        """
        if self.session_id not in self._open_ids:
            raise RuntimeError("the session is not open: seed it first")
        self._is_fresh = False
        return self._faults.execute(tool, arguments, lambda: self._answer(tool, arguments))

    def replay(self, calls: Iterable[Call]) -> list[tuple[Call, Execution]]:
        """Run the calls in order in a freshly seeded sandbox; each with what the tool answers now.

        A call of a tool the world lacks gets the tool error UnknownTool. What the session held before is dropped.
        Raises SandboxUnavailable, SeedingFailed.
        """
        if not self._is_fresh:
            self._renew()
            self._mcp.renew()
            self._changes.clear()
            self._faults.reset()
            self._is_in_doubt = False
        return [(call, self._replay_call(call)) for call in calls]

    def close(self) -> bool:
        """Clean up every session id this session used; whether that was verified. Never raises; may be repeated.

        The client session of an MCP server is ended once; when the server does not say so, there is nothing left to try.
        """
        self._open_ids = [session_id for session_id in self._open_ids if not self._sweep(session_id)]
        self._is_fresh = False
        has_ended = self._mcp.close()
        return self.is_clean and has_ended

    def _answer(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        if tool.component == MCP:
            # it has retries of its own, because it can't be rebuilt
            return self._mcp.execute(tool, arguments)
        return self._backoff.run(lambda: self._attempt(tool, arguments))

    def _attempt(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        if self._is_in_doubt:
            self._rebuild()
        changes_nothing = self._changes_nothing(tool)
        try:
            execution = self._run(tool, arguments)
        except NotDelivered:
            raise
        except SandboxUnavailable:
            self._is_in_doubt = not changes_nothing
            raise
        if not changes_nothing:
            self._changes.append((tool, arguments))
        return execution

    def _run(self, tool: ToolDefinition, arguments: Mapping[str, Any]) -> Execution:
        self._uses_files = self._uses_files or tool.component == VFS
        return self._client(tool).execute(tool, arguments, session_id=self.session_id)

    def _rebuild(self) -> None:
        """Bring a new sandbox to where the old one certainly was: seeded, with every answered change."""
        try:
            self._renew()
        except SeedingFailed as error:
            # the same seed was accepted before: it is the service that changed
            raise SandboxUnavailable(f"The sandbox can't be rebuilt: {error}") from error
        self._is_fresh = False
        for tool, arguments in self._changes:
            self._run(tool, arguments)
        self._is_in_doubt = False

    def _renew(self) -> None:
        if self._open_ids:
            self.session_id = new_session_id()
        self.seed()

    def _replay_call(self, call: Call) -> Execution:
        tool = self._world.tool(call.tool)
        if tool is None:
            text = f"Error (UnknownTool): Unknown tool: {call.tool}"
            return Execution(text=text, outcome=Outcome.TOOL_ERROR, error_type="UnknownTool")
        return self.execute(tool, call.arguments)

    def _client(self, tool: ToolDefinition) -> SpinClient:
        return self._mock if tool.component == MOCK else self._spin

    def _changes_nothing(self, tool: ToolDefinition) -> bool:
        if tool.component == MOCK:
            # the real mock component keeps no state that a call could change; a sequence moves on even for a read
            return not self._mock.is_embedded or (tool.only_reads and not self._world.has_sequence(tool))
        return is_read(tool)

    def _open(self) -> None:
        if self.session_id not in self._open_ids:
            if self._on_open:
                self._on_open(self.session_id)
            self._open_ids.append(self.session_id)

    def _seed_file(self, path: str, content: str) -> None:
        # the same write again changes nothing, so it is simply repeated
        written = self._backoff.run(lambda: self._vfs("write_file", {"file_path": path, "content": content}))
        if written.outcome is not Outcome.OK:
            raise SeedingFailed(f"Seed file {path!r} can't be written: {written.text}")
        read = self._backoff.run(lambda: self._vfs("read_file", {"file_path": path}))
        if read.outcome is not Outcome.OK or read.text != content:
            raise SeedingFailed(f"Seed file {path!r} reads back otherwise than it was written")

    def _seed_mock(self) -> None:
        tools = [tool for tool in self._world.tools if tool.component == MOCK]
        if not tools:
            return
        if self._mock.is_embedded:
            world = self._world
            self._mock.seed_mock(self.session_id, tools=tools, fixtures=world.fixtures, tables=world.tables)
            return
        if self._world.push_mock:
            # the same again changes nothing; only a name that somebody else loaded meanwhile is ours again
            self._mock.load_schema(pushed_tools(tools, fixtures=self._world.fixtures))
            return
        # one table for the whole service: what is there stays, because loading a tool again drops its fixtures
        known = {tool["name"] for tool in self._mock.list_mock_tools()}
        if missing := [mcp_form(tool) for tool in tools if tool.name not in known]:
            self._mock.load_schema(missing)

    def _vfs(self, tool: str, arguments: Mapping[str, Any]) -> Execution:
        return self._spin.call(tool, arguments, component=VFS, session_id=self.session_id)

    def _sweep(self, session_id: str) -> bool:
        # a service is swept where the session may have left something; the same client once only
        clients = {client for client in (self._spin, self._mock) if client.is_embedded}
        if self._uses_files:
            clients.add(self._spin)
        swept = [sweep_session(client, session_id, backoff=self._backoff) for client in clients]
        return all(swept)


def _mock_client(spin: SpinClient, embedded: SpinClient | None, world: World) -> SpinClient:
    if spin.is_embedded or not world.has_mock_state:
        return spin
    if world.push_mock:
        _require_pushable(world)
        return spin
    if embedded is None or not embedded.is_embedded:
        raise InvalidInput("These tools answer from fixtures: pass the embedded runtime beside the Spin service")
    return embedded


def _require_pushable(world: World) -> None:
    try:
        require_pushable(world.tools, fixtures=world.fixtures, tables=world.tables)
    except InvalidInput as error:
        if world.has_own_tables:
            raise InvalidScenario(f"This scenario brings seed_tables: {error}") from error
        raise


def _mcp_session(mcp: McpSession | None, world: World) -> McpSession:
    names = ", ".join(tool.name for tool in world.tools if tool.component == MCP)
    if names and mcp is None:
        raise InvalidInput(f"{names} run in an MCP server, and the registry names none: set its mcp")
    return mcp or McpSession(_no_server)


def _no_server() -> NoReturn:
    raise InvalidInput("There is no MCP server to run this tool in")
