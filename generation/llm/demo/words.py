"""Words of a request: stems, verbs and sentences. Pure text, no tools and no schemas."""

import functools
import re

IRREGULAR = {
    "written": "write", "wrote": "write", "sent": "send", "told": "tell", "found": "find", "made": "make", "shown": "show",
    "got": "get", "kept": "keep", "done": "do", "gave": "give", "given": "give", "went": "go", "children": "child",
    "people": "person", "left": "leave", "said": "say", "seen": "see", "taken": "take", "known": "know",
    "chosen": "choose", "put": "put", "set": "set", "dimmed": "dim", "summarize": "summarise", "summary": "summarise",
}  # fmt: skip

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "then",
        "than",
        "that",
        "this",
        "these",
        "those",
        "there",
        "here",
        "it",
        "its",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "having",
        "will",
        "would",
        "shall",
        "should",
        "can",
        "could",
        "may",
        "might",
        "must",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "without",
        "about",
        "into",
        "onto",
        "as",
        "so",
        "not",
        "no",
        "nor",
        "only",
        "own",
        "same",
        "too",
        "very",
        "just",
        "also",
        "any",
        "some",
        "all",
        "each",
        "every",
        "both",
        "i",
        "me",
        "my",
        "mine",
        "we",
        "us",
        "our",
        "you",
        "your",
        "yours",
        "he",
        "him",
        "his",
        "she",
        "her",
        "hers",
        "they",
        "them",
        "their",
        "who",
        "whom",
        "whose",
        "which",
        "what",
        "when",
        "where",
        "why",
        "how",
        "please",
        "one",
        "ones",
        "up",
        "down",
        "out",
        "off",
        "over",
        "under",
        "again",
        "once",
        "more",
        "most",
        "other",
        "such",
        "now",
        "still",
        "yet",
        "already",
        "much",
        "many",
        "lot",
        "lots",
        "let",
        "like",
        "want",
        "wants",
        "need",
        "needs",
        "know",
        "whether",
    ]
)

VERB_KINDS = {
    "read": "read find search look list show see check know review compare count tell get fetch open view browse inspect"
    " learn verify confirm understand wonder identify determine figure discover examine ask query lookup calculate compute"
    " total sum describe explain forecast hear give pull point pick preview",
    "create": "create add write save put record log note report schedule book post draft file make register plan store"
    " append comment enter insert compose prepare produce summarise copy merge combine convert extract collect keep"
    " attach generate split build start compile export jot schreiben anlegen speichern escribir guardar crear ajouter",
    "update": "update change set move mark rename assign reassign close reopen turn dim switch replace fix correct edit"
    " adjust raise lower bump label tag link transition resolve reschedule shift postpone modify tidy reorder brighten"
    "  take unassign escalate triage hand unassign lock unlock relabel retitle swap tick translate clean restart light set start",
    "delete": "delete unplug remove clear drop cancel discard erase",
    "send": "answer send message text notify email remind inform warn invite forward reply",
}


@functools.lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A crude stem, the same for the forms of one English word that matter here (closed, closes, closing)."""
    word = word.lower()
    word = IRREGULAR.get(word, word)
    if word.endswith("ss"):
        return word
    for suffix, put in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)] + put
            break
    if len(word) > 3 and word[-1] == word[-2] and (len(word) > 4 or word[-1] not in "lse"):
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


VERBS: dict[str, str] = {}
for _kind, _verbs in VERB_KINDS.items():
    for _verb in _verbs.split():
        VERBS.setdefault(stem(_verb), _kind)
del _kind, _verbs, _verb

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][a-z]+)?|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@functools.lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """Lower-case words and numbers of a text or an identifier (snake_case and camelCase come apart)."""
    if text.isidentifier():
        text = _CAMEL.sub(" ", text)
    return tuple(word.lower() for word in _WORD.findall(text))


@functools.lru_cache(maxsize=8192)
def stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning."""
    return tuple(
        stem(word.removesuffix("'s").removesuffix("\u2019s")) for word in words(text) if word not in STOP_WORDS
    )


QUOTED = re.compile(
    r"\"([^\"\n]{1,400})\"|“([^”\n]{1,400})”|«([^»\n]{1,400})»|`([^`\n]{1,200})`|(?<![\w])'([^'\n]{1,400}?)'(?![\w])"
)


def quoted_spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in QUOTED.finditer(text)]


def _split_outside_quotes(text: str, pattern: re.Pattern[str]) -> list[str]:
    quoted = quoted_spans(text)
    parts, start = [], 0
    for match in pattern.finditer(text):
        if any(left < match.start() < right for left, right in quoted):
            continue
        parts.append(text[start : match.start()])
        start = match.end()
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”']))\s+(?=[A-Z\"“'(`])|\n+")


@functools.lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    return tuple(_split_outside_quotes(text, _SENTENCE_END))
