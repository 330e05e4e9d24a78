"""Attempts at passwords: whoever guesses waits longer each time. Counted in the database, by all web processes together."""

import hashlib
import ipaddress
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from studio.models import PasswordAttempt

FREE = 5
"""So many wrong passwords cost no wait."""
LONGEST_S = 60.0
"""Long enough to make guessing hopeless, short enough that nobody can be kept out of their own account for long."""
FORGOTTEN_S = 900.0
KEPT = 10_000


class PasswordAttempts:
    """Counts attempts by user name and address, each as a wrong one until it succeeded. ``clock`` says what time it is."""

    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock

    def begin(self, username: str, *, address: str) -> int:
        """0: go on and look at the password. Otherwise the seconds to wait before any is looked at; such a try does not count."""
        # Counted before the password is looked at, or a hundred tries at once would all be free.
        with transaction.atomic():
            row, now = self._locked(_key(username, address)), self._clock()
            if now - row.at > timedelta(seconds=FORGOTTEN_S):
                row.count = 0
            if row.count >= FREE:
                free_at = row.at + timedelta(seconds=min(LONGEST_S, 2.0 ** (row.count - FREE)))
                if free_at > now:
                    return math.ceil((free_at - now).total_seconds())
            row.count, row.at = row.count + 1, now
            row.save(update_fields=["count", "at"])
        return 0

    def succeed(self, username: str, *, address: str) -> None:
        """The password was right: forget what was wrong before."""
        PasswordAttempt.objects.filter(key=_key(username, address)).delete()

    def _locked(self, key: str) -> PasswordAttempt:
        """The row of this key, made when there is none; until the transaction ends nobody else counts on it."""
        rows = PasswordAttempt.objects.select_for_update()
        if found := rows.filter(key=key).first():
            return found
        now = self._clock()
        PasswordAttempt.objects.bulk_create([PasswordAttempt(key=key, at=now)], ignore_conflicts=True)
        self._forget_old(now)
        return rows.get(key=key)

    def _forget_old(self, now: datetime) -> None:
        """Rows that say nothing any more, and beyond ``KEPT`` the oldest: whoever tries many names must not fill the database."""
        PasswordAttempt.objects.filter(at__lt=now - timedelta(seconds=FORGOTTEN_S)).delete()
        surplus = PasswordAttempt.objects.order_by("-at", "-pk").values_list("pk", flat=True)[KEPT:]
        PasswordAttempt.objects.filter(pk__in=list(surplus)).delete()


def _key(username: str, address: str) -> str:
    """A digest: what people type as their name may be a password."""
    return hashlib.sha256(f"{username}\0{_sender(address)}".encode("utf-8", "surrogatepass")).hexdigest()


def _sender(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    # Whoever has one IPv6 address has the network around it.
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address


password_attempts = PasswordAttempts()
