"""Endpoints may be anywhere but at the metadata services of clouds."""

import socket
from typing import Any

import pytest

from studio.domain.addresses import require_harmless
from studio.domain.errors import Refused


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://169.254.169.254./v1",
        "http://169.254.10.10:8000/v1",
        "http://[fd00:ec2::254]/v1",
        "http://[fe80::1]/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://[64:ff9b::169.254.169.254]/v1",
        "http://2852039166/v1",
        "http://0xa9fea9fe/v1",
        "http://user@169.254.169.254/v1",
        "http://metadata.google.internal/computeMetadata",
        "http://METADATA.google.internal./",
        "http://100.100.100.200/",
        "http://",
        "http://[::1",
    ],
)
def test_metadata_services_and_link_local_addresses_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        require_harmless(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001/v1",
        "http://localhost:8001/v1",
        "http://10.0.0.4/v1",
        "http://[::1]:8000/v1",
        "https://192.168.1.9/v1",
    ],
)
def test_model_servers_of_ones_own_are_welcome(url: str) -> None:
    require_harmless(url)


def test_a_name_is_refused_for_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Refused, match=r"models\.example"):
        require_harmless("https://models.example/v1")


def test_a_name_that_resolves_to_nothing_yet_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    require_harmless("https://models.example/v1")
