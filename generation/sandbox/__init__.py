"""The sandbox: where tools really run.

session (seed, execute, replay, verified cleanup) over a world (the state it starts in) · client (Spin's wire contract) · replies
(what a reply means) · cleanup · backoff · pushing (mock tools into a real Spin) · faults (a tool's misbehaviour by plan) ·
mcp_session (what can be promised of an MCP server), mcp_connection (the SDK, only here), mcp_results · embedded (the
in-process runtime) with its components vfs and mock (mock_tools, tables, queries, templates, json_values) and their quota ·
execution (what a tool answered).
"""
