"""Somebody who speaks to the API with a token."""

import json
from typing import Any

from django.test import Client

from studio.domain.team import issue_token
from studio.models import User


class Caller:
    """Sends JSON as one user. ``user`` None: without any token."""

    def __init__(self, user: User | None) -> None:
        self.user = user
        # What breaks is answered as 500, as in real life.
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {issue_token(user)}"} if user else {}

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The response to one request; ``path`` follows ``/api``."""
        given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, f"/api{path}", headers=self.headers, query_params=query or None, **given)

    def get(self, path: str, **query: Any) -> Any:
        return self("GET", path, **query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self("POST", path, body, **query)

    def patch(self, path: str, body: Any) -> Any:
        return self("PATCH", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self("DELETE", path)
