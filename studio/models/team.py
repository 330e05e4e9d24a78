"""Who works here: users with a role and preferences, and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from studio.models.fields import DocumentField, PidField


class User(AbstractUser):
    """A person. A lead may do all an annotator may, an admin all a lead may."""

    class Role(models.TextChoices):
        ANNOTATOR = "annotator", "Annotator"
        LEAD = "lead", "Lead"
        ADMIN = "admin", "Admin"

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    role = models.CharField(max_length=12, choices=Role, default=Role.ANNOTATOR)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    preferences = DocumentField(default=dict, blank=True)

    @property
    def is_lead(self) -> bool:
        return self.is_admin or self.role == self.Role.LEAD

    @property
    def is_admin(self) -> bool:
        return self.is_superuser or self.role == self.Role.ADMIN


class ApiToken(models.Model):
    """A bearer token of the API. Only its digest is kept; the token itself is shown once."""

    pid = PidField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or 'token'} of {self.user}"


class PasswordAttempt(models.Model):
    """How often a password was tried in vain, by whom (``key`` is a digest of user name and address) and when last."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} at {self.at:%H:%M:%S}"
