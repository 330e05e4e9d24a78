"""Pages work over a slow line: few bytes the first time, fewer once a browser has the files, which it keeps for good."""

import pytest
from django.test import Client

from studio.models import User
from tests.standins.every_page import PAGES, PEOPLE, PageOf, furnish
from tests.standins.transfer import FIRST_BYTES, LATER_BYTES, files_of, page_bytes

pytestmark = pytest.mark.django_db

SWAGGER = "api:openapi-view"
"""The API's docs are Swagger UI, which comes as one large script."""


def test_every_page_is_small() -> None:
    rows = furnish()
    found = []
    for page_of in PAGES:
        if page_of.url == SWAGGER:
            continue
        client = _client(page_of)
        path = page_of.path(rows)
        page, files = page_bytes(client, path), files_of(client, path)
        first = page + sum(files.values())
        if first > FIRST_BYTES or page > LATER_BYTES:
            found.append(f"{page_of}: {first:,} bytes with {len(files)} files, {page:,} after that")
    assert not found, "\n".join(found)


def _client(page_of: PageOf) -> Client:
    client = Client()
    if page_of.role:
        client.force_login(User.objects.get(username=PEOPLE[page_of.role]))
    return client
