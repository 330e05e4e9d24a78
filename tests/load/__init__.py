"""Benchmarks, behind ``make bench``: each prints figures beside their targets. Timing never fails a run; a wrong count does."""
