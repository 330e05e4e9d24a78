"""One router a resource: find the row, one domain verb, show the row."""
