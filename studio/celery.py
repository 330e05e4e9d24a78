"""The Celery application. Messages carry primary keys only; the rows say what is true."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")

app = Celery("studio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["studio"])


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery would replace the logging that settings set up."""
