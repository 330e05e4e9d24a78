"""WSGI entry point for granian, gunicorn and the like: ``studio.wsgi:application``."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
application = get_wsgi_application()

# Every view, before the first request needs them. What a process begins with is no garbage: looking through it would hold up
# one request in some hundred for a fifth of a second.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
