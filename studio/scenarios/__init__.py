"""Scenarios: what conversations are generated from."""
