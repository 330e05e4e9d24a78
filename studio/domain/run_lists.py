"""Runs for lists: the rows with the counts of their items, in one query."""

from django.db.models import Count, Q, QuerySet

from studio.models import Item, Run


def runs_with_counts() -> QuerySet[Run]:
    """Runs with what they are made of, and ``done_count``, ``failed_count`` (cancelled included) and ``passed_count``."""
    failed = Q(items__status__in=[Item.Status.FAILED, Item.Status.CANCELLED])
    done = Q(items__status=Item.Status.DONE)
    return Run.objects.select_related("dataset", "registry", "endpoint", "judge", "created_by").annotate(
        done_count=Count("items", filter=done),
        failed_count=Count("items", filter=failed),
        passed_count=Count("items", filter=Q(items__passed=True)),
    )
