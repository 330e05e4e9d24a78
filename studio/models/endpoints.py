"""Model endpoints: any OpenAI-compatible server, or the offline demo model."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from studio.models.fields import PidField, SealedField


class Endpoint(models.Model):
    """Where model calls go. The key is sealed and never shown; prices are per million tokens."""

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI-compatible server"
        DEMO = "demo", "Offline demo model"

    pid = PidField()
    name = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.OPENAI)
    base_url = models.CharField(
        max_length=300,
        blank=True,
        validators=[RegexValidator(r"^https?://", "Write the URL with its scheme, like http://127.0.0.1:8001/v1.")],
        help_text="Like http://127.0.0.1:8001/v1; empty for OpenAI itself.",
    )
    api_key = SealedField(blank=True, default="")
    model = models.CharField(max_length=120, blank=True)
    concurrency = models.PositiveIntegerField(
        default=64,
        validators=[MinValueValidator(1), MaxValueValidator(256)],
        help_text="Requests in flight at most; adapts downwards on 429.",
    )
    timeout_s = models.FloatField(default=120, validators=[MinValueValidator(1)])
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    price_in = models.FloatField(default=0)
    price_cached = models.FloatField(default=0)
    price_out = models.FloatField(default=0)
    is_from_environment = models.BooleanField(default=False, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
