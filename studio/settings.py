"""Django's settings. The only module that reads the environment (through ``studio.environment``)."""

from importlib.metadata import version

import dj_database_url
from csp.constants import NONE, SELF

from studio.environment import ROOT, InvalidSetting, kept_secret, prepare_data_dir, read_environment, read_mcp_secrets
from studio.logs import logging_config
from studio.web.assets import fingerprint

# Not in capitals: Django's page for errors with DEBUG shows every setting, and this one holds secrets.
environment = read_environment()
VERSION = "0.1.0"
BASE_DIR = ROOT
DATA_DIR = prepare_data_dir(environment.data_dir)

SECRET_KEY = environment.secret_key or kept_secret(DATA_DIR)
DEBUG = environment.debug
ALLOWED_HOSTS = environment.allowed_hosts
CSRF_TRUSTED_ORIGINS = environment.csrf_trusted_origins

SPIN_ENDPOINT = environment.spin_endpoint
MCP_SECRETS = read_mcp_secrets()
OPENAI_API_KEY = environment.openai_api_key
OPENAI_BASE_URL = environment.openai_base_url
OPENAI_MODEL = environment.openai_model

INSTALLED_APPS = [
    "studio",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "csp",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # tables of conversations shrink to a tenth, scripts and styles to a third
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "studio.web.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "studio.web.middleware.HtmxResponses",
    "studio.web.refusals.Refusals",
]

ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
AUTH_USER_MODEL = "studio.User"
CSRF_FAILURE_VIEW = "studio.web.refusals.csrf_failure"
DEFAULT_EXCEPTION_REPORTER_FILTER = "studio.web.debugging.HidesAddresses"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

SQLITE_OPTIONS = {
    # Read-then-write transactions take the write lock at once; without it most of them fail as "locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
}


def _database() -> dict[str, object]:
    url = environment.database_url or f"sqlite:///{DATA_DIR / 'tracewright.sqlite3'}"
    try:
        database = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError) as error:
        raise InvalidSetting(
            f"DATABASE_URL: {error} Write postgres://user:password@host:5432/name, or leave it out."
        ) from error
    if "sqlite" in str(database["ENGINE"]):
        # A thread keeps its connection: to open one and set its pragmas costs more than most of what is asked of it.
        database |= {"ENGINE": "studio.sqlite", "OPTIONS": SQLITE_OPTIONS, "CONN_MAX_AGE": 600}
    elif "postgresql" in str(database["ENGINE"]):
        # Worker threads borrow a connection for a statement or two between model calls.
        database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 20, "timeout": 30}}
    else:
        raise InvalidSetting("DATABASE_URL: only sqlite:///… and postgres://… are supported.")
    return database


DATABASES = {"default": _database()}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATICFILES_DIRS = [ROOT / "static"]
# Served by the web process straight from the packages and static/: there is no collectstatic step anywhere. Their folder
# bears a fingerprint, so that a browser asks for each file once, and for all of them anew after an upgrade.
STATIC_URL = f"static/{fingerprint(ROOT / 'static', version('django'), version('django-htmx'))}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = "^$" if DEBUG else "^/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CSRF_COOKIE_SECURE else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS: list[str] = []

# Without a broker the worker shares the web process; messages live in memory and rows are the truth.
BROKER_URL = environment.broker_url
CELERY_BROKER_URL = BROKER_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = {} if BROKER_URL else {"polling_interval": 0.03}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Nobody steers workers by messages, and on RabbitMQ two of one machine would fight for the queue such messages come by.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_DEFAULT_QUEUE = "tracewright"
# On SQLite connections outlive a task; PostgreSQL's go back to their pool after each.
CELERY_DB_REUSE_MAX = 1000 if "sqlite" in str(DATABASES["default"]["ENGINE"]) else None

LOGGING_CONFIG = None
LOG_FORMAT = environment.log_format
logging_config(LOG_FORMAT, debug=DEBUG)
