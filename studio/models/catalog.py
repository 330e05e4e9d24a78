"""The tool catalog: registries, their tools and fixtures, and the frozen tool sets conversations were made with."""

from django.core.exceptions import ValidationError
from django.db import models
from pydantic import ValidationError as PydanticError

from generation.errors import InvalidInput
from generation.mcp_servers import McpServer
from generation.plan import explain
from generation.sandbox.sameness import find_volatile_problem
from generation.schema_bounds import require_bounded
from generation.tools import NAME_PATTERN, compile_schema
from studio.models.fields import DocumentField, PidField, plain_text


def _empty_schema() -> dict[str, object]:
    return {"type": "object", "properties": {}}


def _are_tables(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(records, dict) and all(isinstance(record, dict) for record in records.values())
        for records in value.values()
    )


class Registry(models.Model):
    """A named set of tools. ``tables`` is what each mock session of it starts from."""

    pid = PidField()
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    tables = DocumentField(default=dict, blank=True)
    push_mock = models.BooleanField(
        default=False,
        help_text="Give a real Spin service the mock tools with their fixtures. They are there for everybody who uses it.",
    )
    mcp = DocumentField(
        default=dict,
        blank=True,
        help_text='The MCP server that runs the tools of the component mcp: {"url": "http://127.0.0.1:8000/mcp", '
        '"headers_from_env": {"Authorization": "MCP_TOKEN"}} or {"command": "program", "args": []}. Empty for none.',
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "registries"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not _are_tables(self.tables):
            raise ValidationError(
                {"tables": 'Write {"table": {"key": {"field": "value"}}}: records are objects, by key.'}
            )
        try:
            self.mcp_server()
        except InvalidInput as error:
            raise ValidationError({"mcp": str(error)}) from error

    def mcp_server(self) -> McpServer | None:
        """The MCP server of this registry, if it has one. Raises InvalidInput when the document is none."""
        if not self.mcp:
            return None
        try:
            return McpServer.model_validate(self.mcp)
        except PydanticError as error:
            raise InvalidInput(
                f"This is no MCP server: {explain(error, known=list(McpServer.model_fields))}"
            ) from error


class Tool(models.Model):
    """One tool of a registry, with the full JSON Schema of its arguments."""

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="tools")
    name = models.CharField(max_length=64)
    description = models.TextField(blank=True)
    parameters = DocumentField(default=_empty_schema, help_text="A JSON Schema of type object.")
    component = models.CharField(
        max_length=64, default="mock", help_text="The sandbox component that runs it: vfs, mock or your own."
    )
    annotations = DocumentField(default=dict, blank=True, help_text='MCP hints, such as {"readOnlyHint": true}.')
    volatile = DocumentField(default=list, blank=True, help_text="Members of its results that differ from run to run.")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["registry", "position", "name"]
        constraints = [models.UniqueConstraint(fields=["registry", "name"], name="tool_name_once_per_registry")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name or ""):
            raise ValidationError({"name": "Use 1 to 64 of A-Z, a-z, 0-9, '_' and '-'."})
        if not isinstance(self.parameters, dict) or self.parameters.get("type", "object") != "object":
            raise ValidationError({"parameters": "Write a JSON Schema of type object."})
        try:
            compile_schema(self.parameters)
        except (ValueError, InvalidInput) as error:
            raise ValidationError({"parameters": plain_text(f"This is no valid JSON Schema: {error}")}) from error
        try:
            require_bounded(self.parameters)
        except ValueError as error:
            raise ValidationError({"parameters": plain_text(f"This is not taken: {error}.")}) from error
        if not isinstance(self.volatile, list):
            raise ValidationError({"volatile": 'Write a list of names: ["created_at", "items.id"].'})
        if problems := [problem for name in self.volatile if (problem := find_volatile_problem(name))]:
            raise ValidationError({"volatile": [plain_text(problem) for problem in problems]})


class Fixture(models.Model):
    """What a mock tool answers; ``document`` is a ``generation.fixtures.Fixture`` without its tool."""

    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="fixtures")
    document = DocumentField(default=dict)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["tool", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.tool} #{self.position}"


class ToolSet(models.Model):
    """A registry as it was at one moment: tools, fixtures and tables, stored once by digest and shared."""

    digest = models.CharField(max_length=64, unique=True)
    document = DocumentField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]
