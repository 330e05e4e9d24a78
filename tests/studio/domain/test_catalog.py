"""The catalog: imports that may be repeated, and tool sets that are frozen once."""

from functools import partial

import pytest

from generation.errors import InvalidInput
from generation.fixtures import Fixture
from generation.tools import ToolDefinition
from studio.domain.catalog import Imported, ensure_registry, freeze, put_tools, registry_value, toolset_value
from studio.domain.samples import ensure_sample_registry, sample_names, sample_scenarios
from studio.models import Registry, Tool, ToolSet
from tests.standins.racing import at_once

READ = ToolDefinition(name="read", description="Read.")
WRITE = ToolDefinition(name="write", annotations={"readOnlyHint": False}, volatile=["at"], component="vfs")


def tool(**parameters: object) -> ToolDefinition:
    return ToolDefinition(name="read", parameters={"type": "object", **parameters})


@pytest.mark.django_db
class TestImports:
    def test_the_same_tools_again_change_nothing(self) -> None:
        registry = ensure_registry("Mine")
        assert put_tools(registry, tools=[READ, WRITE]) == Imported(added=2)
        assert put_tools(registry, tools=[READ, WRITE]) == Imported(unchanged=2)
        assert registry_value(registry).tools == [READ, WRITE]

    def test_a_tool_of_a_known_name_is_replaced_and_keeps_its_place(self) -> None:
        registry = ensure_registry("mine")
        put_tools(registry, tools=[READ, WRITE])
        newer = READ.model_copy(update={"description": "Read it all."})
        assert put_tools(registry, tools=[newer]) == Imported(changed=1)
        assert registry_value(registry).tools == [newer, WRITE]

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (tool(maxProperties=1), tool(maxProperties=1.0)),
            (tool(default=1), tool(default=True)),
            (tool(properties={"a": {}, "b": {}}), tool(properties={"b": {}, "a": {}})),
        ],
    )
    def test_a_schema_that_python_finds_equal_but_json_does_not_is_a_change(self, before, after) -> None:
        registry = ensure_registry("mine")
        put_tools(registry, tools=[before])
        assert put_tools(registry, tools=[after]).changed == 1
        assert str(registry_value(registry).tools[0].parameters) == str(after.parameters)

    def test_fixtures_replace_those_of_the_tools_they_speak_of(self) -> None:
        registry = ensure_registry("mine")
        old, kept, new = Fixture(tool="read", response="old"), Fixture(tool="write"), Fixture(tool="read", response=5)
        put_tools(registry, tools=[READ, WRITE], fixtures=[old, kept])
        put_tools(registry, tools=[], fixtures=[new])
        assert registry_value(registry).fixtures == [new, kept]

    def test_fixtures_of_unknown_tools_are_refused_by_name_and_nothing_is_kept(self) -> None:
        registry = ensure_registry("mine")
        with pytest.raises(InvalidInput, match="send_mail"):
            put_tools(registry, tools=[READ], fixtures=[Fixture(tool="send_mail")])
        assert not Tool.objects.filter(registry=registry).exists()

    def test_tables_are_added_to_those_that_are_there(self) -> None:
        registry = ensure_registry("mine")
        put_tools(registry, tools=[READ], tables={"users": {"1": {}}})
        put_tools(Registry.objects.get(pk=registry.pk), tools=[], tables={"issues": {}})
        assert registry_value(Registry.objects.get(pk=registry.pk)).tables == {"users": {"1": {}}, "issues": {}}
        assert registry_value(registry).tables == {"users": {"1": {}}}  # the row in hand is as it was read

    @pytest.mark.parametrize("slug", ["", "!!!", "x" * 81])
    def test_a_name_that_makes_no_slug_is_refused(self, slug: str) -> None:
        with pytest.raises(InvalidInput):
            ensure_registry(slug)


@pytest.mark.django_db
class TestFreezing:
    def test_the_same_tools_are_stored_once(self) -> None:
        registry, twin = ensure_registry("mine"), ensure_registry("other", name="Twin")
        put_tools(registry, tools=[READ])
        first = freeze(registry)
        assert freeze(registry) == first
        put_tools(twin, tools=[READ])
        assert freeze(twin) != first  # a tool set knows what it was called
        assert toolset_value(first) == registry_value(registry)

    def test_a_changed_registry_is_another_tool_set_and_the_old_one_stays(self) -> None:
        registry = ensure_registry("mine")
        put_tools(registry, tools=[READ])
        before = freeze(registry)
        put_tools(registry, tools=[WRITE])
        assert freeze(registry) != before
        assert toolset_value(ToolSet.objects.get(pk=before.pk)).tools == [READ]

    def test_a_registry_without_tools_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="has no tools"):
            freeze(ensure_registry("empty"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", sample_names())
def test_shipped_registries_are_put_in_place_once_and_left_as_people_change_them(name: str) -> None:
    registry = ensure_sample_registry(name)
    assert registry_value(registry).tools
    assert sample_scenarios(name)
    registry.tools.exclude(pk=registry.tools.first().pk).delete()
    assert ensure_sample_registry(name).tools.count() == 1


@pytest.mark.django_db(transaction=True)
def test_imports_and_freezings_at_once_leave_one_of_each() -> None:
    registry = ensure_registry("mine")
    counts = at_once(*[partial(put_tools, registry, tools=[READ, WRITE])] * 8)
    assert sum(count.added for count in counts) == 2
    sets = at_once(*[partial(freeze, registry)] * 8)
    assert len({toolset.pk for toolset in sets}) == 1
