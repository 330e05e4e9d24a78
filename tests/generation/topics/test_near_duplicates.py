"""The finding for a conversation that nearly repeats another."""

from generation.checks.finding import Severity
from generation.similarity import fingerprint
from generation.topics.near_duplicates import CODE, near_duplicate_findings

TEXT = "Please add up the takings of last week and write the total into the report for my bank"


def test_the_most_similar_conversation_is_named_and_the_others_counted() -> None:
    others = [("c3", f"{TEXT} now please"), ("c1", "Show me the minutes of the rowing club."), ("c2", TEXT.upper())]
    findings = near_duplicate_findings(fingerprint(TEXT), [(name, fingerprint(text)) for name, text in others])
    assert [(finding.code, finding.severity) for finding in findings] == [(CODE, Severity.WARNING)]
    assert findings[0].message == "100% of its words and calls also stand in c2, and 1 more."


def test_what_is_only_alike_is_no_finding() -> None:
    other = fingerprint("Please add up the costs of last year and tell me which month was the worst")
    assert near_duplicate_findings(fingerprint(TEXT), [("c1", other)]) == []
    assert near_duplicate_findings(fingerprint(TEXT), []) == []
    assert len(near_duplicate_findings(fingerprint(TEXT), [("c1", other)], threshold=0.05)) == 1
