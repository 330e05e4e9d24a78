"""The checks there are, in the order in which their findings are shown."""

from generation.checks import calls, claims, course, fitting, grounding, language, provenance, size, structure, use
from generation.checks.finding import Check, Severity

BLOCKING, WARNING = Severity.BLOCKING, Severity.WARNING

CHECKS: tuple[Check, ...] = (
    Check("no_turns", BLOCKING, "A conversation needs at least one turn.", structure.missing_turns),
    Check("no_answer", BLOCKING, "The last turn needs an answer to the user.", structure.missing_answers),
    Check("wrong_order", BLOCKING, "Every turn must be answered before the user speaks again.", structure.wrong_order),
    Check("empty_message", BLOCKING, "No message of the user or the assistant may be empty.", structure.empty_messages),
    Check("no_result", BLOCKING, "Every call needs the result it got.", structure.missing_results),
    Check("duplicate_id", BLOCKING, "No two calls may share an id, or their results could be mixed up.", structure.duplicate_ids),
    Check("malformed_id", BLOCKING, "A call id is 9 letters and digits, which every chat template accepts.", structure.malformed_ids),
    Check("unknown_tool", BLOCKING, "Only tools that the model was shown may be called.", calls.unknown_tools),
    Check("invalid_arguments", BLOCKING, "Arguments must fit the tool's JSON Schema.", calls.invalid_arguments),
    Check(
        "infrastructure_failure",
        BLOCKING,
        "A failure of the service that runs the tools is no answer of a tool and must not be learnt from.",
        calls.infrastructure_failures,
    ),
    Check("no_tool_call", WARNING, "No tool was called, although the conversation's pattern wants one.", course.missing_calls),
    Check("unwanted_call", WARNING, "A tool was called, although the conversation's pattern wants none.", course.unwanted_calls),
    Check("repeated_call", WARNING, "The same call was made again although nothing had changed since.", course.repeated_calls),
    Check("placeholder", WARNING, "An argument looks made up, and nothing said before contains it.", calls.placeholder_arguments),
    Check("invented_argument", WARNING, "An argument names something that occurs nowhere before its call.", provenance.invented_arguments),
    Check("ignored_error", WARNING, "A call failed, and neither a later call nor the answer deals with it.", use.ignored_errors),
    Check("unused_result", WARNING, "Nothing that the call returned is used afterwards.", use.unused_results),
    Check("ungrounded_answer", WARNING, "The answer names something that no result and no user message holds.", grounding.ungrounded_answers),
    Check("unsupported_claim", WARNING, "The answer claims a change, but no call of its turn changed anything.", claims.unsupported_claims),
    Check("language_differs", WARNING, "The answer is in another language than the question.", language.changed_languages),
    Check("pattern_unfit", WARNING, "The conversation does not show what its pattern wants.", fitting.unfit_patterns),
    Check("step_limit", WARNING, "The turn ran out of steps, so its answer may be incomplete.", course.step_limits),
    Check("call_limit", WARNING, "The turn ran out of calls, so its answer may be incomplete.", course.call_limits),
    Check(
        "ended_early",
        WARNING,
        "The conversation ended before its planned turns because no call was left.",
        course.notes("ended_early"),
    ),
    Check(
        "error_trace",
        WARNING,
        "A call that breaks its tool's schema was executed on purpose, to keep how it fails.",
        course.notes("error_trace"),
    ),
    Check(
        "withheld_step",
        WARNING,
        "The model wanted to repeat a call for no reason and was told to use the result it had.",
        course.notes("repeated_call"),
    ),
    Check(
        "replay_differs",
        WARNING,
        "When the conversation was taken up again, a tool answered otherwise than recorded.",
        course.notes("replay_differs"),
    ),
    Check("model_changed", WARNING, "Another model went on from here.", course.notes("model_changed")),
    Check("repaired_step", WARNING, "A step had to be sent back to the model before it could be used.", course.notes("rejected_step")),
    Check(
        "repaired_message",
        WARNING,
        "A message of the simulated user had to be sent back before it could be used.",
        course.notes("rejected_user_message"),
    ),
    Check("repaired_answer", WARNING, "An answer had to be sent back before it could be used.", course.notes("rejected_answer")),
    Check(
        "repaired_exchange",
        WARNING,
        "Question and answer had to be sent back before they could be used.",
        course.notes("rejected_basic", "rejected_chain_of_thought"),
    ),
)  # fmt: skip

EXPLANATIONS: dict[str, str] = {check.code: check.explanation for check in CHECKS} | {
    "too_long": size.EXPLANATION,
    "near_duplicate": "Nearly the same requests and calls stand in another conversation: one of the two may be enough.",
}
"""One sentence for each code a finding can have."""
