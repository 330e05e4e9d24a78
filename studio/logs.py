"""Logs: structlog lines that carry run, item and conversation ids, as text or JSON. Never secrets, never prompts."""

import logging.config
from typing import Any

import structlog


def logging_config(form: str, *, debug: bool) -> None:
    """Set up logging for this process; ``form`` is ``console`` or ``json``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "DEBUG" if debug else "INFO"},
            "loggers": {
                # Request and connection chatter of libraries; their warnings still show.
                name: {"level": "WARNING"}
                for name in (
                    "httpx",
                    "httpx2",
                    "httpcore",
                    "httpcore2",
                    "openai",
                    "celery",
                    "kombu",
                    "amqp",
                    "waitress",
                    "django.db",
                    "asyncio",
                )
            }
            # With DEBUG it would log every variable a template misses, contents included.
            | {"django.template": {"level": "INFO"}},
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
