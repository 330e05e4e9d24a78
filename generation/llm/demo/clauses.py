"""Clauses of a request: what it asks for, one deed at a time, and what kind of deed each is."""

import functools
import itertools
import re
from typing import NamedTuple

from generation.llm.demo.words import IRREGULAR, QUOTED, VERBS, quoted_spans, sentences, stem, stems, words


class Clause(NamedTuple):
    """A part of a request that asks for one thing: its text, its verb's stem, what kind of deed that is."""

    text: str
    verb: str
    kind: str

    @property
    def is_request(self) -> bool:
        """Whether it asks for something, rather than telling how things are."""
        return bool(_REQUESTS.search(self.text)) or "?" in self.text or _opens_with_verb(self.text)

    @property
    def stems(self) -> tuple[str, ...]:
        return stems(self.text)


_REQUESTS = re.compile(
    r"(?i)\b(?:i(?: \w+)? (?:want|need|would like|wish)|i'd like|please|could you|can you|should|must|let me know|i'll need|make sure|i meant)\b"
)


def _opens_with_verb(text: str) -> bool:
    spoken = [
        word
        for word in words(text)
        if word not in ("then", "and", "also", "finally", "now", "first", "have", "get", "want", "to")
    ]
    opening = words(text)[:1]
    return bool(opening) and (
        opening[0] in ("have", "get", "want", "which", "what", "who", "when", "where", "how")
        or (bool(spoken) and stem(spoken[0]) in VERBS)
    )


_LEADS = frozenset(
    [
        "to",
        "and",
        "then",
        "please",
        "i",
        "you",
        "it",
        "them",
        "also",
        "can",
        "could",
        "would",
        "should",
        "must",
        "will",
        "not",
        "now",
        "first",
        "finally",
        "afterwards",
        "or",
        "just",
        "we",
        "next",
        "lastly",
    ]
)
_BEFORE_PARTICIPLE = frozenset(
    [
        "have",
        "has",
        "had",
        "get",
        "gets",
        "should",
        "want",
        "wants",
        "wanted",
        "be",
        "been",
        "need",
        "needs",
        "needed",
        "like",
    ]
)
_CONNECTOR = re.compile(
    r"\s*(?:[,;:]\s*)?(?P<link>\b(?:and once [^,.;]+,|and then|and also|and at the end|and afterwards|and finally|and|then|but|before that|after that)(?=\s)|;|,)\s+"
    r"(?=(?P<lead>(?:(?:please|also|then|finally|afterwards|to|would like|wants?|needs?|I|have|has|get|you|could|can|should)\s+)*)"
    r"(?P<next>[^\s,;]+)(?P<rest>.*))"
)


def _starts_with_deed(match: re.Match[str], segment: str) -> bool:
    """Whether a new clause begins behind a connector; ``segment`` is the clause so far."""
    following = match["next"].lower().strip(".,:!?")
    lead = set(match["lead"].lower().split())
    rest = words(_LITERAL.sub(" x ", match["rest"]))
    if following == "let" and "know" in rest[:4]:
        return True
    is_verb = following.isalpha() and stem(following) in VERBS and not _is_noun_like(match["rest"])
    if lead & {"want", "wants", "need", "needs"} and not is_verb:
        return True
    if lead & _BEFORE_PARTICIPLE:
        # "and have it written to …", "then wants the new file read back"
        return (
            (is_verb and "to" in lead)
            or any(map(_is_done_to, rest[:14]))
            or bool(_WANTS_NEW.search(f"want {match['next']}{match['rest']}"))
        )
    passive = set(words(segment)) & _BEFORE_PARTICIPLE
    if is_verb and not lead:
        # "want balloons, 20 pieces, put on the list": the participle belongs to the clause that began before
        return not (passive and _is_participle(following) and not _is_whole(segment))
    if is_verb:
        return True
    if match["link"] not in (",", "and", ";") and following in _DETERMINERS and (passive or _is_whole(segment)):
        return True
    if following in _QUESTION_WORDS and _is_whole(segment):
        return True
    return (
        match["link"] != ","
        and bool(passive)
        and _is_whole(segment)
        and any(map(_is_done_to, rest[: 8 if following in _DETERMINERS else 4]))
    )


_DETERMINERS = frozenset(["the", "a", "an", "my", "our", "all", "its", "another", "that", "these", "those"])
_QUESTION_WORDS = frozenset(["which", "who", "what", "how", "when", "where", "whether"])


def _is_whole(segment: str) -> bool:
    """Whether a clause with "want" or "have" already says what shall be done."""
    plain = _LITERAL.sub(" x ", QUOTED.sub(" x ", segment))
    spoken = words(plain)
    infinitive = any(first == "to" and stem(second) in VERBS for first, second in itertools.pairwise(spoken))
    return infinitive or any(map(_is_done_to, spoken)) or bool(_WANTS_NEW.search(plain))


def _is_done_to(word: str) -> bool:
    return _is_participle(word) and stem(word) in VERBS


def _is_participle(word: str) -> bool:
    return word.endswith("ed") or IRREGULAR.get(word, word) != word or word in ("put", "set", "read", "cut")


def _is_noun_like(rest: str) -> bool:
    """``list``, ``notes``, ``book`` after a connector are things when nothing follows them."""
    return not words(rest)


@functools.lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[Clause, ...]:
    """What a request asks for, one deed at a time, in the order it is said."""
    found: list[Clause] = []
    for sentence in sentences(text):
        quoted = quoted_spans(sentence)
        start = 0
        for match in _CONNECTOR.finditer(sentence):
            inside = any(left < match.start() < right for left, right in quoted)
            if (
                not inside
                and len(words(sentence[start : match.start()])) > 1
                and _starts_with_deed(match, sentence[start : match.start()])
            ):
                found.append(_clause(sentence[start : match.start()]))
                start = match.end()
        found.append(_clause(sentence[start:]))
    return tuple(clause for clause in found if clause.text)


_LITERAL = re.compile(r"\S*\w[/_@]\w\S*|\b[\w-]+\.[a-z]\w{1,4}\b|\b[\w]+-[\w-]*\w\b")


def _clause(text: str) -> Clause:
    text = text.strip(" ,;")
    verb, kind = _deed(_LITERAL.sub(" ", QUOTED.sub(" ", text)))
    return Clause(text, verb, kind)


_WANTS_NEW = re.compile(
    r"(?i)\b(?:want|need|would like|like) (?:also )?(?:an? (?:new )?|another |new )(?!look|list|answer|check|word|sentence|short|overview|copy of)\w"
)


def _deed(text: str) -> tuple[str, str]:
    spoken = words(text)
    passive = False
    for index, word in enumerate(spoken):
        before = spoken[index - 1] if index else "please"
        passive = passive or word in _BEFORE_PARTICIPLE
        found = stem(word)
        if found not in VERBS:
            continue
        leads = before in _LEADS or (before in _BEFORE_PARTICIPLE and not word.endswith("s") and index <= 2)
        if not leads and not (passive and _is_participle(word)):
            continue
        after = spoken[index + 1] if index + 1 < len(spoken) else ""
        new = _WANTS_NEW.search(text)
        if new and new.end() <= text.lower().find(word):
            return "", "create"
        return _settle(found, after, spoken[max(0, index - 3) : index], spoken[index:])
    if _WANTS_NEW.search(text):
        return "", "create"
    return "", "read"


def _settle(verb: str, after: str, before: tuple[str, ...], following: tuple[str, ...]) -> tuple[str, str]:
    """What the verbs mean whose kind hangs on their neighbours: tell me / tell Ann, let me know / let Ann know."""
    if verb == "tell" and after not in ("me", "us", "whether", "which", "what", "how", "him", "her"):
        return "send", "send"
    if verb == "know" and "let" in before and not {"me", "us"} & set(before):
        return "send", "send"
    if verb in ("tak", "put") and "off" in following:
        return "remov", "delete"
    if verb == "mak" and after == "sure":
        return "check", "read"
    return verb, VERBS[verb]
