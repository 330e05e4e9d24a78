"""Files that go out and come in.

Out: ``presets`` names the formats, ``export`` streams verified lines, ``options`` says what can be chosen, ``splits`` who goes
to which file. In: ``tool_forms`` and ``scenario_files``; ``documents`` bounds both. ``messages`` is the one derivation of
chat messages, ``chat_reading`` its reverse.
"""
