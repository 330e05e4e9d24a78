#!/usr/bin/env python
"""Tracewright's command line: ``python manage.py <command> --help``."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    from studio.environment import InvalidSetting  # noqa: PLC0415  importing settings may fail, and must fail here

    try:
        import studio.settings  # noqa: F401, PLC0415  as above: a wrong value is refused before Django starts
    except InvalidSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
