"""The app's hooks into Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StudioConfig(AppConfig):
    name = "studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from studio.wiring import ensure_endpoints  # noqa: PLC0415  models can be imported only when apps are loaded

        def after_migrate(**_: object) -> None:
            ensure_endpoints()

        post_migrate.connect(after_migrate, sender=self, weak=False)
