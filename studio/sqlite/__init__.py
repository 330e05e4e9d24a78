"""Django's SQLite backend with one change, in ``base``; settings name it as the ENGINE."""
