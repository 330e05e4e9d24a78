"""Topics: from one prompt to a tree or graph of topics, and from its paths to scenarios.

    growth.py           asks a model for subtopics, level by level; takes up a partial graph again
    subtopics.py        the question and its reply          naming.py   which topics are the same
    graph.py            nodes, edges, paths                 files.py    DeepFabric's tree and graph files
    scenario_mix.py     which scenarios are wanted          scenario_writing.py   asks a model for them
    scenario_reply.py   the reply, checked, as a Scenario   record_shapes.py      what records of a table look like
    near_duplicates.py  the finding of that name: conversations that nearly repeat others
    waves.py            many questions at once, answers in order

Nothing is made up in a model's place: what it did not answer usably is reported with the reason, and the rest stands.
"""
