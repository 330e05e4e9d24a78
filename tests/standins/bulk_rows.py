"""Many conversations at once: copies of one stored conversation, without the work of checking each."""

from studio.models import Conversation, Dataset
from studio.models.fields import new_pid
from tests.standins.studio_rows import make_conversation


def many(count: int, *, dataset: Dataset | None = None, **columns: object) -> list[Conversation]:
    """``count`` conversations that wait for review and have no finding; ``columns`` are set on all of them."""
    model = make_conversation(dataset=dataset)
    Conversation.objects.filter(pk=model.pk).update(blocking_count=0, warning_count=0, findings=[])
    model.refresh_from_db()
    values = {field.attname: getattr(model, field.attname) for field in Conversation._meta.concrete_fields}
    rows = [
        Conversation(**values | {"id": None, "pid": new_pid(), "item_id": None} | columns) for _ in range(count - 1)
    ]
    Conversation.objects.bulk_create(rows, batch_size=500)
    Conversation.objects.filter(pk=model.pk).update(**columns)
    return list(Conversation.objects.filter(dataset=model.dataset).order_by("pk"))
