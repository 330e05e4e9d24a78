"""Registries and their tools, for reading. Admins say here what of a tool's results is volatile; the rest they change in the admin."""
