"""The builders: from a plan to a conversation. ``attempt.run_attempt`` is the way in."""
