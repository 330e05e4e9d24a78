"""Which addresses a person may point the studio at. Local model servers are welcome; the metadata services of clouds, which
hand out credentials to whoever asks from inside, are not.

Names are resolved, so that another spelling of the same address is met too. What a name resolves to later is not watched.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from studio.domain.errors import Refused

NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)

NETWORKS = [
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
        "100.100.100.200/32",
        "192.0.0.192/32",
    )
]


def require_harmless(url: str) -> None:
    """Raises Refused when the URL leads to a metadata service or a link-local address, or names no host."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        host = ""
    if not host:
        raise Refused("This URL names no host.")
    if host in NAMES or any(_is_forbidden(address) for address in _addresses(host)):
        raise Refused(f"{host} is a metadata service or a link-local address; no model is served there.")


def _addresses(host: str) -> list[str]:
    try:
        return [str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def _is_forbidden(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = (
            address.ipv4_mapped
            or address.sixtofour
            or (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
        )
        if inner is not None:
            address = inner
    return any(address in network for network in NETWORKS if network.version == address.version)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
