"""The keys of DeepFabric 4.4 configurations that have no counterpart here, each with what to do instead, and its sections."""

SECTIONS = frozenset(
    {
        "llm",
        "topics",
        "topics.llm",
        "generation",
        "generation.llm",
        "generation.conversation",
        "generation.tools",
        "output",
        "evaluation",
        "huggingface",
        "kaggle",
    }
)

_FILES = "conversations stand in the dataset; write files with the command export"
_EVALUATION = "models are not evaluated here; checks and reviews judge conversations"
_UPLOAD = "nothing is uploaded; export writes the files and a dataset card"

IGNORED: dict[str, str] = {
    "generation.tools.spin_endpoint": "the tool service is a setting of the studio: set SPIN_ENDPOINT",
    "generation.tools.tools_endpoint": "tools come from a registry: save its answer and use import_tools",
    "generation.tools.tool_execute_path": "each tool is run by the component that its registry names",
    "generation.tools.strict": "limits are told to the model and enforced while generating; nothing is discarded or cut",
    "generation.rate_limit": "limits a minute belong to the endpoint (admin); retries and backoff are built in",
    "generation.save_as": _FILES,
    "output.save_as": _FILES,
    "output.batch_size": "conversations are made one by one, --concurrency at once",
    **{
        f"evaluation.{name}": _EVALUATION
        for name in (
            "conversation_type",
            "reasoning_style",
            "agent_mode",
            "metrics",
            "thresholds",
            "weights",
            "output_dir",
            "output_formats",
            "include_failures",
            "generate_charts",
            "batch_size",
            "max_samples",
        )
    },
    **{f"huggingface.{name}": _UPLOAD for name in ("repository", "tags")},
    **{f"kaggle.{name}": _UPLOAD for name in ("handle", "tags", "description", "version_notes")},
}
