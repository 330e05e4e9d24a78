"""The way into the queue, as a button of lists, datasets and the dashboard."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from studio.domain.orders import ORDERS, QUEUED

register = template.Library()


@register.inclusion_tag("components/review_next.html", takes_context=True)
def review_next(
    context: dict[str, Any], query: str = "", *, sort: str = "", words: str = "Review next", is_swapped: bool = False
) -> dict[str, Any]:
    """The button that gives out the next conversation of these filters, and the orders it can be given out in.

    ``is_swapped``: it takes the place of the one that stands on the page.
    """
    url = reverse("next_review")

    def href(order: str) -> str:
        parts = "&".join(filter(None, [query, urlencode({"sort": order}) if order else ""]))
        return f"{url}?{parts}" if parts else url

    return {
        "request": context.get("request"),
        "user": context.get("user"),
        "href": href(sort),
        "words": words,
        "orders": [(ORDERS[name].words, href(name)) for name in QUEUED],
        "is_swapped": is_swapped,
    }
