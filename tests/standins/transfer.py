"""What a browser reads over the line for a page: its own bytes, and those of the files it names and they import."""

import re

from django.test import Client

GZIP = {"Accept-Encoding": "gzip"}
FIRST_BYTES, LATER_BYTES = 150 * 1024, 30 * 1024
"""The most a page may take the first time, and once a browser has its files."""


def page_bytes(client: Client, path: str, *, fragment: bool = False) -> int:
    """Compressed bytes of what stands at ``path``; ``fragment``: as htmx asks for it."""
    response = client.get(path, headers=GZIP | ({"HX-Request": "true"} if fragment else {}))
    return len(response.getvalue())


def files_of(client: Client, path: str) -> dict[str, int]:
    """Compressed bytes of each file that the page at ``path`` names, and of the modules those import."""
    waiting = re.findall(r'(?:src|href)="(/static/[^"#]+)', client.get(path).content.decode())
    found: dict[str, int] = {}
    while waiting:
        url = waiting.pop()
        if url in found:
            continue
        assert client.get(url).status_code == 200, url
        found[url] = page_bytes(client, url)
        if url.endswith(".js"):
            text = client.get(url).getvalue().decode()
            waiting += [f"{url.rpartition('/')[0]}/{name}" for name in re.findall(r'from "\./([\w-]+\.js)"', text)]
    return found
