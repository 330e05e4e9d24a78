"""A scenario's third person in the first: "She wants to know …" becomes "I want to know …"."""

import re
from typing import NamedTuple

from generation.llm.demo.words import QUOTED, words


class Speaker(NamedTuple):
    """Who speaks: the name the scenario uses ("" unknown)."""

    name: str


_WISHES = r"wants?|needs?|asks?|would like|wonders?|tries|wishes|hopes|looks? for|says|writes|möchte|quiere|veut"
_OPENING = re.compile(
    rf"^(?:(?:A|An|The) [^.;]{{2,60}}?|[A-ZÀ-Þ][\w'\u2019-]+(?: [A-ZÀ-Þ][\w'\u2019-]+)*)(?:,[^.;]{{2,60}}?,)? (?=(?:(?:then|first|now|also) )?(?:{_WISHES})\b)"
)
_STAGE = re.compile(
    r"(?i)(?:[,;:]\s*)?\b(?:(?:so )?(?:that )?the assistant (?:should|has to|must|may|can|will|has only|finds|says|asks)"
    r"|there (?:is|are) (?:no|only)\b|there (?:is|are)(?= an? [^.]*\b(?:does not say|do not say)\b)"
    r"|but (?:it|that|this) is (?:still|already|locked|not)\b|(?:it|the file) (?:isn't|is not) there|it has been deleted already|it exists but"
    r"|(?:and )?(?:s?he|they) does not say|(?:and )?(?:s?he|they) is told|that contact takes only|that sprint is closed|so (?:s?he|they) has to be asked"
    r"|when the \w+ refuses,?)"
)
_STAGE_PREDICATE = re.compile(
    r"(?i)(?:^|(?<=[.;] )|[;,] )(?:and )?[^.;,]*\b(?:is not active any more|does not answer|(?:are|is) there already|can't be changed from here|has been deleted already)\b[^.;,]*"
)
_PRONOUNS = (
    (r"\b[Ss]he\b|\b[Hh]e\b", "I"),
    (r"\bherself\b|\bhimself\b", "myself"),
    (r"\bhers\b", "mine"),
    (r"\bhim\b", "me"),
    (r"\bhis\b", "my"),
    (r"\bher\b(?= (?:to|at|for|in|on|by|from|about|when|if|that|and)\b|[.,;?!]|$)", "me"),
    (r"\bher\b", "my"),
    (r"\bHis\b|\bHer\b", "My"),
    (r"\bthe assistant\b", "you"),
    (r"\bthe user\b", "I"),
)
_AGREE = {"is": "am", "has": "have", "does": "do", "goes": "go", "was": "was", "this": "this", "always": "always"}
_BETWEEN = r"(?:then|first|also|now|only|finally|always|still|just|therefore|and|once)"


def speaker_of(persona: str, prompt: str) -> Speaker:
    """The name that stands first in the persona, when the scenario speaks of it."""
    match = re.match(r"[A-ZÀ-Þ][\w'\u2019-]*(?: [A-ZÀ-Þ][\w'\u2019-]*)*", persona.strip())
    name = match.group() if match else ""
    return Speaker(name if name and name in prompt else "")


def spoken(sentence: str, speaker: Speaker) -> str:
    """A sentence about the user as the user would say it; "" when it is only a stage direction."""
    text, quotes = _mask(sentence)
    text = re.sub(r"\b[Ii]n a (?:second|third|fourth|last)(?: message)? (s?he|they) ", r"\1 then ", text)
    text = re.sub(r",? and in a (?:second|third|fourth|last)(?: message)? (?=the |a )", ". I want ", text)
    text = _without_stage_directions(text)
    if len(words(_unmask(text, quotes))) < 3:
        return ""
    if speaker.name:
        name = re.escape(speaker.name)
        text = re.sub(rf"^(?:A|An|The) [^,.;]*, {name}, ", "I ", text)
        text = re.sub(rf"^{name}(?:['\u2019]s)\b", "My", text)
        text = re.sub(rf"\b{name}(?:['\u2019]s)\b", "my", text)
        text = re.sub(rf"\b{name}\b(?:,[^,.;]{{2,60}},(?= \w))?", "I", text)
    if not re.match(r"(?:I|My)\b", text):
        text = _OPENING.sub("I ", text)
    for pattern, said in _PRONOUNS:
        text = re.sub(pattern, said, text)
    return _polish(_unmask(_agreeing(text), quotes))


def _without_stage_directions(text: str) -> str:
    """Cut what tells the writer of the scene, not the assistant, how things are; a wish behind it stays."""
    predicate = _STAGE_PREDICATE.search(text)
    if predicate:
        text = f"{text[: predicate.start()]}{text[predicate.end() :]}".strip(" ,;")
    cut = _STAGE.search(text)
    if not cut:
        return text
    behind = re.search(
        r"(?:[;,]|\bso\b)\s*(?:so )?(?=(?:then )?(?:after \w+ that, )?(?:s?he|they|[A-Z][\w ]+?|the \w+) (?:then |also |now )?(?:wants?|asks?|meant|settles|dictates|takes|should)\b)",
        text[cut.end() :],
    )
    kept = text[: cut.start()].rstrip(" ,;")
    kept = re.sub(r"[,;:]?\s*\b(?:so|and|but|if|because)$", "", kept).rstrip(" ,;")
    rest = text[cut.end() + behind.end() :].strip() if behind else ""
    if len(words(kept)) < 3:
        return f"{rest[:1].upper()}{rest[1:]}"
    return f"{kept}. {rest}" if rest else kept


def _agreeing(text: str) -> str:
    """Verbs behind "I", and those that share it ("and wants …"), in the first person."""
    text = re.sub(rf"\bI ((?:{_BETWEEN} )*)([a-z]+)\b", _agree, text)
    return re.sub(
        rf"\b(and|then|but|or) ((?:{_BETWEEN} )*)(wants|needs|asks|has|wonders|dictates|does|takes|creates|agrees)\b",
        _agree,
        text,
    )


def _agree(match: re.Match[str]) -> str:
    *lead, verb = match.group().split(" ")
    return " ".join([*lead, _AGREE.get(verb) or plain(verb)])


def plain(verb: str) -> str:
    """The verb without the s of the third person."""
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    if re.search(r"(?:ch|sh|ss|x|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith(("ss", "us")) and len(verb) > 3 else verb


def _polish(text: str) -> str:
    """Wishes as one says them: "I ask for" becomes "I would like to have"."""
    text = re.sub(r"^I (?:then |also |finally )?ask (?:you )?to ", "Please ", text.strip())
    text = re.sub(r"\bI (then |also |finally )?ask (?:then )?for ", r"I \1would like to have ", text)
    text = re.sub(r"\b(and|then) (then |also |finally )?asks? (?:then )?for ", r"\1 \2want to have ", text)
    text = re.sub(
        r"\b(I|and) (then |also |finally )?ask (?:then )?(?=what|which|who|how|whether|when|where|why|if|about)",
        r"\1 \2want to know ",
        text,
    )
    text = re.sub(r"^I (?:say|write)(?: only)?(?: that|:) ", "", text)
    text = re.sub(r"\bI (?:try|tries) to have\b", "I want to have", text)
    text = re.sub(r"\bI dictate\b", "Please note down", text)
    text = re.sub(r"(?i)^(?:so|and|but) (?=I\b)", "", text)
    text = re.sub(r"\bI settle for\b", "I want", text)
    if text.startswith('"') and text.count('"') == 2 and text.endswith('"'):
        text = text.strip('"')
    text = text if text[-1:] in ".!?" or text.endswith(('."', '?"', '!"')) else f"{text}."
    return f"{text[:1].upper()}{text[1:]}"


def _mask(text: str) -> tuple[str, list[str]]:
    """The text with quotes taken out, so that no word inside them is rewritten."""
    kept: list[str] = []

    def take(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\x00{len(kept) - 1}\x00"

    return QUOTED.sub(take, text), kept


def _unmask(text: str, kept: list[str]) -> str:
    return re.sub("\x00(\\d+)\x00", lambda match: kept[int(match[1])], text)
