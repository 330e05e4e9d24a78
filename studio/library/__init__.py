"""The list of conversations: filters, search, sort."""
