"""Which language a text is in, by its script and its commonest words: a guess that knows when not to guess."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from generation.checks.finding import Spot
from generation.checks.literals import literals
from generation.conversation import Conversation

MIN_HITS = 4
MIN_LEAD = 1.6
MIN_LETTERS = 12

STOP_WORDS = {
    "English": "the and is are was of to in that it for you with this have has not be been on at by from what which please my your i can will would there were do does they we an its but if so",
    "German": "der die das und ist sind war nicht ein eine einen einer einem mit für auf den dem des zu von im ich du sie wir es auch bitte wie was wird wurde habe hat haben sich noch nach bei aus oder mein kann dass am als",
    "French": "le les des est sont et une dans pour que qui avec sur pas je vous nous il elle ce cette au aux du été ont avez être mon votre plus par où était mais se ne ou s'il",
    "Spanish": "el los las es son una y que con para por del está están se mi su no lo al como más pero hay fue ha han quiero qué cuál esta este sin sobre también le yo",
    "Portuguese": "os uma é são não com para por dos das do da em um e que está foi mais como mas meu sua você eu no na ao pelo pela tem há também já ou se isso este esta",
    "Italian": "il gli è sono una di che con per non del della dei delle nel alla al un e ho hai ha come più ma mi si questo questa anche sul dal lo stato quale quali i",
    "Dutch": "het een is zijn van dat niet en op te voor met die ik je wij we er aan om ook als maar naar heeft hebben was wat welke mijn graag bij uit nog of kan worden wordt",
}
_BY_WORD: dict[str, list[str]] = {}
for _language, _words in STOP_WORDS.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_language)

_SCRIPTS = {
    "CYRILLIC": "Cyrillic script",
    "GREEK": "Greek",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "CJK": "Chinese",
    "HANGUL": "Korean",
    "ARABIC": "Arabic script",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Devanagari script",
    "THAI": "Thai",
    "LATIN": "Latin",
}
_LANGUAGE_NAMES = re.compile(
    r"(?i)\b(?:translat\w*|english|german|french|spanish|portuguese|italian|dutch|chinese|japanese|korean|russian|arabic|übersetz\w*|englisch\w*|deutsch\w*|französisch\w*|spanisch\w*"
    r"|tradui\w*|anglais\w*|allemand\w*|français\w*|traduc\w*|traduz\w*|inglés|inglês|alemán|español|francés|inglese|tedesco|engels|duits|vertaal\w*)\b"
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")


def language_of(text: str) -> str | None:
    """The language, or the script where that is all one can tell; None when the text is too short, mixed or unknown."""
    words = _WORD.findall(_prose(text).casefold())
    script = _script_of("".join(words))
    if script != "Latin":
        return script
    hits = Counter(language for word in words for language in _BY_WORD.get(word, ()))
    ranked = hits.most_common(2)
    if not ranked or ranked[0][1] < MIN_HITS:
        return None
    runner_up = ranked[1][1] if len(ranked) > 1 else 0
    return ranked[0][0] if ranked[0][1] >= MIN_LEAD * runner_up else None


def changed_languages(conversation: Conversation) -> Iterator[Spot]:
    """Answers in another language than the message they answer, where both are certain and no language was asked for."""
    for number, turn in enumerate(conversation.turns):
        if turn.answer is None or _LANGUAGE_NAMES.search(turn.user):
            continue
        asked = language_of(turn.user)
        answered = language_of(turn.answer) if asked is not None else None
        if asked is not None and answered is not None and asked != answered:
            yield Spot(f"The question is {asked}, the answer {answered}.", turn=number)


def _prose(text: str) -> str:
    """The text without code, quotations, paths and ids, which keep their own language."""
    for literal in reversed(list(literals(text))):
        text = f"{text[: literal.start]} {text[literal.end :]}"
    return text


def _script_of(letters: str) -> str | None:
    if len(letters) < MIN_LETTERS and letters.isascii():
        return None
    if letters.isascii():
        return "Latin"
    counts = Counter(_script(letter) for letter in letters[:2000])
    if counts["Japanese"] and counts["Japanese"] + counts["Chinese"] > len(letters[:2000]) / 2:
        return "Japanese"
    (script, count), *_ = counts.most_common(1)
    return script if script and count > len(letters[:2000]) * 0.6 and count >= 4 else None


def _script(letter: str) -> str:
    if letter.isascii():
        return "Latin"
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], "")
