"""The studio: the web application, its workers and its commands."""

from studio.celery import app as celery_app

__all__ = ["celery_app"]
