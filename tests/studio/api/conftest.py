"""A small studio behind the API: three people, a registry, a dataset, an endpoint, conversations."""

from collections.abc import Callable
from typing import Any

import pytest

from generation.conversation import Conversation as Content
from generation.conversation import from_json, to_json
from studio.api.routes.health import _recent
from studio.domain.catalog import freeze
from studio.domain.conversations import add_conversation
from studio.domain.datasets import ensure_dataset
from studio.domain.endpoints import ensure_demo_endpoint
from studio.domain.samples import ensure_sample_registry
from studio.models import Conversation, Dataset, Endpoint, Registry, User
from tests.standins.conversations import PARALLEL
from tests.studio.api.callers import Caller

AddConversation = Callable[..., Conversation]


@pytest.fixture
def annotator(db: None) -> Caller:
    return Caller(User.objects.create_user("ann"))


@pytest.fixture
def lead(db: None) -> Caller:
    return Caller(User.objects.create_user("lea", role=User.Role.LEAD))


@pytest.fixture
def admin(db: None) -> Caller:
    return Caller(User.objects.create_user("ada", role=User.Role.ADMIN))


@pytest.fixture
def stranger(db: None) -> Caller:
    return Caller(None)


@pytest.fixture
def dataset(db: None) -> Dataset:
    return ensure_dataset("trips", name="Trips")


@pytest.fixture
def registry(db: None) -> Registry:
    return ensure_sample_registry("files")


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    return ensure_demo_endpoint()


@pytest.fixture
def add(dataset: Dataset, registry: Registry) -> AddConversation:
    """Adds a conversation to the dataset, by default one with two calls."""

    def add_one(content: Content = PARALLEL, *, status: str = "", **members: Any) -> Conversation:
        copied = from_json(to_json(content)).model_copy(update=members)
        row = add_conversation(dataset, content=copied, toolset=freeze(registry))
        if status:
            Conversation.objects.filter(pk=row.pk).update(status=status)
            row.refresh_from_db()
        return row

    return add_one


@pytest.fixture(autouse=True)
def _forget_checks() -> None:
    _recent.forget()
