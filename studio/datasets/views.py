"""One dataset: how far it is, its policy and guidelines, its runs, and for leads how its reviewers agree."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from studio.datasets.forms import PolicyForm
from studio.domain.agreement import agreement_of, work_of_reviewers
from studio.domain.policies import change_policy, settlement_of
from studio.domain.run_lists import runs_with_counts
from studio.domain.visibility import conversations_for
from studio.models import Conversation, Dataset, Tag
from studio.tasks import send_settlement
from studio.web.decorators import leads_only, user_of

SHOWN = 10


def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a dataset, or only how far its settlement is for htmx."""
    if request.headers.get("HX-Target") == "settlement":
        settlement = settlement_of(get_object_or_404(Dataset, slug=slug))
        return render(request, "dataset_detail.html#settlement", {"settlement": settlement})
    return _page(request, slug)


@require_POST
@leads_only("change how a dataset is reviewed")
def change_dataset_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the policy; what can't be is said at its field, with what was typed."""
    dataset = get_object_or_404(Dataset, slug=slug)
    form = PolicyForm.of(dataset, request.POST)
    if not form.is_valid():
        return _page(request, slug, form=form, status=422)
    send_settlement(change_policy(dataset, by=user_of(request), **form.cleaned_data))
    messages.success(request, "Saved.")
    return redirect("dataset_detail", slug=slug)


def _page(request: HttpRequest, slug: str, *, form: PolicyForm | None = None, status: int = 200) -> HttpResponse:
    by = user_of(request)
    dataset = get_object_or_404(Dataset.objects.annotate(scenario_count=Count("scenarios")), slug=slug)
    rows = conversations_for(by).filter(dataset=dataset).order_by()
    counts = dict(rows.values_list("status").annotate(count=Count("pk")))
    context = {
        "dataset": dataset,
        "counts": [(status, counts[status]) for status in Conversation.Status.values if counts.get(status)],
        "total": sum(counts.values()),
        "waiting": sum(counts.get(status, 0) for status in Conversation.Status.waiting()),
        "decided": sum(
            counts.get(status, 0) for status in (Conversation.Status.APPROVED, Conversation.Status.REJECTED)
        ),
        "runs": list(runs_with_counts().filter(dataset=dataset)[:SHOWN]),
        "tags": dataset.tags.annotate(count=Count("conversations")),
        "tag_colours": Tag.Colour.choices,
        "settlement": settlement_of(dataset),
    }
    if by.is_lead:
        context |= {
            "form": form or PolicyForm.of(dataset),
            "agreement": agreement_of(dataset),
            "reviewers": work_of_reviewers(dataset),
        }
    return render(request, "dataset_detail.html", context, status=status)
