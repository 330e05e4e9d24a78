"""Runs: their list, a new one, and one as it goes."""
