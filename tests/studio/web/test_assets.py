"""The pages' own files: small over the line, kept for good by the browser, asked for anew after an upgrade."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client

from studio.web.assets import fingerprint


@pytest.fixture
def files(client: Client, db: None) -> list[str]:
    """The files that the login page names, which is open to everybody."""
    return re.findall(r'(?:src|href)="(/static/[^"#]+)"', client.get("/login/").content.decode())


def test_scripts_and_styles_come_compressed_and_are_kept(client: Client, files: list[str]) -> None:
    kinds = {file.rpartition(".")[2] for file in files}
    assert {"css", "js", "svg"} <= kinds
    for file in files:
        whole = client.get(file)
        small = client.get(file, headers={"Accept-Encoding": "gzip"})
        assert small.status_code == 200
        assert "immutable" in small["Cache-Control"]
        size = len(whole.getvalue())
        assert "Content-Encoding" not in whole
        if size > 1000:
            assert small["Content-Encoding"] == "gzip"
            assert len(small.getvalue()) < size * 0.6, file


def test_the_page_of_a_failure_names_files_that_are_there(client: Client, db: None) -> None:
    named = re.findall(r'href="(/static/[^"#]+)"', render_to_string("500.html"))
    assert len(named) == 4
    assert [client.get(file).status_code for file in named] == [200] * 4


def test_a_browser_finds_the_icon_where_no_page_names_one(client: Client, db: None) -> None:
    response = client.get("/favicon.ico", follow=True)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"


def test_the_fingerprint_tells_contents_names_and_versions_apart(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    file = tmp_path / "js" / "keys.js"
    file.write_text("one")
    prints = [fingerprint(tmp_path, "5.2"), fingerprint(tmp_path, "5.3")]
    file.write_text("two")
    prints.append(fingerprint(tmp_path, "5.2"))
    file = file.rename(tmp_path / "js" / "tabs.js")
    prints.append(fingerprint(tmp_path, "5.2"))
    assert len(set(prints)) == 4
    assert fingerprint(tmp_path, "5.2") == prints[-1]
