"""What Django's page for errors, with DEBUG, must not show: secrets in addresses besides those it knows by their names."""

import re

from django.views.debug import SafeExceptionReporterFilter


class HidesAddresses(SafeExceptionReporterFilter):
    """Blacks out addresses, too: those of brokers, databases and endpoints may hold passwords."""

    hidden_settings = re.compile(SafeExceptionReporterFilter.hidden_settings.pattern + "|URL", re.IGNORECASE)
