"""A call's arguments as a form drawn from its tool's JSON Schema.

The arguments are one text of JSON, which the browser edits in place and posts; the form is only a view of it. So whatever
nobody touched stays as it was, to the byte. ``json_text`` reads and writes that text, ``schemas`` makes sense of a schema,
``branches`` tells alternatives apart, ``starters`` knows what a new value begins with, ``drawing`` makes the tree of
``fields``, and ``placing`` hangs violations on it. All of it is pure; what is right is decided in ``studio.domain.edits``.
"""
