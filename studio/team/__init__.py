"""People: login, their list, and what each sets for themselves."""
