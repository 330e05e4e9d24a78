"""The docs and the OpenAPI: open to everybody, from this machine's own files, under the strict Content-Security-Policy."""

import re
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from studio.api.application import api


def _openapi() -> dict[str, Any]:
    response = Client().get("/api/openapi.json")
    assert response.status_code == 200
    document: dict[str, Any] = response.json()
    return document


def test_the_docs_load_nothing_from_elsewhere_and_run_nothing_inline() -> None:
    response = Client().get("/api/docs")
    assert response.status_code == 200
    assert "script-src 'self'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert not re.search(r"https?://|<style|\sstyle=|\son\w+=", page)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [
        content for attributes, content in scripts if content.strip() and "application/json" not in attributes
    ] == []
    assets = re.findall(rf'(?:src|href)="{settings.STATIC_URL}([^"]+)"', page)
    assert len(assets) == 4
    assert all(finders.find(asset) for asset in assets)


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for path, methods in _openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            if path not in ("/api/health", "/api/ready"):
                assert {"401", "403", "404", "422"} <= set(operation["responses"]), (method, path)
                assert operation["security"] == [{"BearerToken": []}, {"Session": []}], (method, path)


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for methods in _openapi()["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_one_name_means_one_schema() -> None:
    """Two models of one name would silently overwrite each other in the document."""
    modules: dict[str, set[str]] = {}
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                models = [*operation.models, *(model for model in operation.response_models.values() if model)]
                for model in models:
                    for name, shape in model.model_json_schema().get("$defs", {}).items():
                        modules.setdefault(name, set()).add(repr(sorted(shape.get("properties", shape))))
    assert modules
    assert {name for name, shapes in modules.items() if len(shapes) > 1} == set()
