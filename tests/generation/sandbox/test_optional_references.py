"""A fixture's condition on a record that an optional argument names."""

import pytest

from generation.fixtures import Condition
from generation.sandbox.quota import Quota
from generation.sandbox.tables import Tables

UNKNOWN = Condition(table="users", key="{{user}}", exists=False)
INACTIVE = Condition(table="users", key="{{user}}", has={"active": False})


@pytest.fixture
def tables() -> Tables:
    return Tables({"users": {"ann": {"active": True}, "bo": {"active": False}}}, quota=Quota())


@pytest.mark.parametrize("arguments", [{}, {"user": None}])
def test_a_reference_that_was_not_given_is_neither_unknown_nor_inactive(
    tables: Tables, arguments: dict[str, object]
) -> None:
    assert not tables.holds(UNKNOWN, arguments=arguments)
    assert not tables.holds(INACTIVE, arguments=arguments)


def test_a_reference_that_was_given_is_looked_up(tables: Tables) -> None:
    held = {
        user: (tables.holds(UNKNOWN, arguments={"user": user}), tables.holds(INACTIVE, arguments={"user": user}))
        for user in ("ann", "bo", "cy", "")
    }
    assert held == {"ann": (False, False), "bo": (False, True), "cy": (True, False), "": (True, False)}
