"""Phrases of a request for free text: titles, messages, keywords, the thing a verb is about."""

import re

from generation.llm.demo.clauses import Clause
from generation.llm.demo.literals import literals
from generation.llm.demo.words import STOP_WORDS, VERBS, stem, words

_NAMED = re.compile(
    r"(?i)\b(?:called|titled|named|entitled|with the title|with the subject|saying|that says|reading|which says)\b:?\s+(?P<rest>.+)"
)
_SPOKEN = re.compile(
    r"(?i)\b(?:saying(?: that)?|that says|to say(?: that)?|know(?: that)?|which says|mentioning that|noting that|(?:comment|note|line|message|remark|warning)(?: is| be)?(?: added| put| written| sent)?(?: that| saying)|(?:told|answered|asked|informed|reminded|replied)(?: by \w+)?(?: that| to)|telling (?:her|him|them)(?: that)?|:)\s+(?P<rest>.+)"
)
_OBJECT_END = re.compile(
    r"(?i)\s+(?:to|on|onto|from|in|into|for|at|by|off|with|under|as|because|so|since|before|after)\b|[,.;:!?]"
)
_UNIT_WORDS = frozenset(
    [
        "pack",
        "packs",
        "piece",
        "pieces",
        "kg",
        "g",
        "l",
        "litre",
        "litres",
        "liter",
        "liters",
        "gram",
        "grams",
        "bottle",
        "bottles",
        "box",
        "boxes",
        "of",
        "some",
        "another",
    ]
)


def quoted(text: str) -> str:
    """The first quoted text; "" when nothing is quoted."""
    return next((literal.text for literal in literals(text) if literal.kind == "quoted"), "")


_BY_MESSAGE = re.compile(r"(?i) (?:by|in a|via) (?:text )?(?:message|mail|e-mail|text)\b")


_TOLD = re.compile(
    r"\b(?:[Tt]ell|[Tt]ext|[Mm]essage|[Rr]emind|[Ii]nform|[Ww]arn|[Aa]sk|[Aa]nswer)\s+(?:the )?[\w-]+(?: [A-Z][\w-]+)?\s+(?P<that>that |to )?(?P<rest>.+)"
)
_WHAT_TO_FIND = re.compile(r"(?i)(?:about|a|an|the|what|how|which|of)\b")


def spoken_words(clause: Clause) -> str:
    """What a message or comment shall say, as the request puts it; "" when it gives no words."""
    if found := quoted(clause.text):
        return found
    if match := _SPOKEN.search(clause.text):
        return sentence(_BY_MESSAGE.sub("", match["rest"]))
    if clause.kind == "send":
        match = _TOLD.search(clause.text)
        if match and (match["that"] or not _WHAT_TO_FIND.match(match["rest"])):
            return sentence(_BY_MESSAGE.sub("", match["rest"]))
    return ""


def title(clause: Clause) -> str:
    """A one-line title for what the clause wants made."""
    if found := quoted(clause.text):
        return found
    if match := _NAMED.search(clause.text):
        return sentence(match["rest"]).rstrip(".")
    about = re.search(r"(?i)\b(?:about|for|that|because|:)\s+(?P<rest>.{4,})", clause.text)
    chosen = about["rest"] if about else thing(clause)
    return sentence(chosen).rstrip(".!?")[:110]


def thing(clause: Clause) -> str:
    """What the verb is about: "add 2 packs of coffee filters to the list" gives "coffee filters"."""
    text = (
        re.sub(r"(?i)^.*?\b(?:please|to|I|you|and|then)\s+(?=\w+)", "", clause.text)
        if not _starts_with_verb(clause.text)
        else clause.text
    )
    rest = text.split(None, 1)[1] if _starts_with_verb(text) and " " in text else text
    end = _OBJECT_END.search(rest)
    rest = rest[: end.start()] if end else rest
    kept = rest.split()
    while kept and (kept[0].lower().strip(",") in STOP_WORDS | _UNIT_WORDS or kept[0][:1].isdigit()):
        kept.pop(0)
    return " ".join(kept).strip(" .,'\"")


def _starts_with_verb(text: str) -> bool:
    spoken = words(text)
    return bool(spoken) and stem(spoken[0]) in VERBS


def keywords(clause: Clause, *, known: frozenset[str]) -> list[str]:
    """Words to search for, most telling first. ``known`` are stems that the tools themselves use."""
    if found := quoted(clause.text):
        return [found]
    after = re.search(
        r"(?i)\b(?:about|mention(?:s|ing|ed)?|contain(?:s|ing)?|regarding|concerning|with|on|for|the word|word)\b\s+(?P<rest>.+)",
        clause.text,
    )
    spoken = [
        *re.findall(r"[^\W\d_][\w-]+", after["rest"] if after else ""),
        *re.findall(r"[^\W\d_][\w-]+", clause.text),
    ]
    telling = [
        word for word in spoken
        if len(word) > 2 and word.lower() not in STOP_WORDS and stem(word) not in known and stem(word) not in VERBS
    ]  # fmt: skip
    return list(dict.fromkeys(word.removesuffix("'s") for word in telling))


def sentence(text: str) -> str:
    """The text as a sentence: capital first, a full stop when it has no mark of its own."""
    text = text.strip(" ,;:")
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."
