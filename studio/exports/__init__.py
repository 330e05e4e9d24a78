"""Exports: choose, see what goes out and what stays, download as a stream."""
