"""The review page: a conversation read pair by pair, edited, run again and decided on."""
