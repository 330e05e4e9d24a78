"""The API at ``/api/``: schemas at its edge, one router a resource, one place that turns refusals into errors. Decides nothing."""
