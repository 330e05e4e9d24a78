"""The engine: from a plan to a conversation, by really running the tools. Plain Python and pydantic.

A **plan** (``plan``) is a scenario, tools, a configuration and a seed. ``builders.attempt.run_attempt`` makes it a
**conversation** (``conversation``): turns of a user message, steps and an answer; each step a thought and its
calls; each call owning its result. Everything else serves this one line:

    plan ──► builders ──► conversation ──► checks, formats
               │   │
              llm  sandbox

``builders/``   the loop. ``attempt`` runs it; ``single_turn`` and ``multi_turn`` decide what comes next, ``agent`` runs a
                turn. They derive each action from the unfinished conversation alone, so a conversation is also the
                state of its own making: handed out after each action, stored, taken up again anywhere.
``prompts/``    the words, one file a prompt. ``builders.questions`` puts them round a conversation.
``llm/``        ``client`` is what the builders call; behind it any OpenAI-compatible endpoint, the offline demo model
                or a script.
``sandbox/``    a ``Session`` per conversation: seed, execute, replay, verified cleanup, over a Spin tool service, the
                embedded runtime or an MCP server; and the faults a plan asks for.
``checks/``     the linter: what is wrong with a conversation, or worth a look.
``formats/``    chat messages (for prompts and exports alike), export and import presets, tool forms.
``tools``, ``fixtures``, ``faults``, ``mcp_servers``   what may be called, the check of arguments, what mock tools answer,
                what goes wrong by plan, and where other tools run.
``errors``      the error tree; each branch says whether trying again helps.

Three ways in which things go wrong are kept apart: a tool's own error is a result and stays in the data; a model's
unusable reply is sent back and noted; a failing service interrupts the attempt and leaves no word in it.

There is no Django here, no database, no environment, no global state: what is needed is passed in. Imports point
down: builders to llm, sandbox, prompts, formats and checks; all of them to the shapes.
"""
