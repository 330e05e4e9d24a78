"""Claims of a change: an answer that says something was created, changed, removed or sent, in a turn that changed nothing.

Judged from the calls alone. Only the plain forms of claiming are known ("I created …", "… has been sent successfully",
"Ich habe … gelöscht"); what is denied, asked, offered or told of earlier is no claim.
"""

import re
from collections.abc import Iterator

from generation.checks.evidence import leaves, succeeded
from generation.checks.finding import Spot
from generation.checks.reading import only_reads
from generation.conversation import Call, Conversation

_ENGLISH = (
    r"created|added|made|updated|changed|edited|modified|set(?!\ out)|moved|renamed|deleted|removed|cancelled|canceled|sent|emailed|messaged|wrote|written|saved"
    r"|booked|scheduled|rescheduled|assigned|reassigned|closed|reopened|transferred|refunded|submitted|posted|uploaded|enabled|disabled|turned (?:on|off)|switched (?:on|off)|placed|ordered|subscribed|unsubscribed|replaced|fixed|archived|restored|logged|marked|put"
)
_SURE = r"created|added|updated|changed|modified|moved|renamed|deleted|removed|cancelled|canceled|sent|written|saved|booked|scheduled|rescheduled|assigned|closed|transferred|refunded|submitted|posted|uploaded|enabled|disabled|archived|restored"
_GERMAN = r"erstellt|angelegt|hinzugefügt|geändert|aktualisiert|verschoben|umbenannt|gelöscht|entfernt|storniert|gesendet|geschickt|verschickt|geschrieben|gespeichert|gebucht|zugewiesen|geschlossen|eingestellt|eingetragen|abgesagt"
_FRENCH = r"créé|ajouté|modifié|changé|mis à jour|déplacé|renommé|supprimé|annulé|envoyé|écrit|enregistré|réservé|attribué|fermé|réglé"
_SPANISH = r"creado|añadido|agregado|actualizado|cambiado|modificado|movido|renombrado|eliminado|borrado|cancelado|enviado|escrito|guardado|reservado|asignado|cerrado"

_CLAIM = re.compile(
    rf"""(?ix)
      \bI(?:['\u2019]ve|\ have)?(?:\ (?:now|just|also|then|successfully))*\ (?:{_ENGLISH})\b
    | \b(?:has|have)\ been\ (?:(?:now|successfully)\ )+(?:{_ENGLISH})\b
    | \b(?:was|were|been)\ successfully\ (?:{_ENGLISH})\b | \bsuccessfully\ (?:{_SURE})\b
    | (?:^|(?<=[.!?]\ )|(?<=\n))(?:Done[.!:,]\ +)?(?:Created|Added|Updated|Deleted|Removed|Cancelled|Sent|Saved|Booked|Moved|Renamed|Assigned)\ (?!by\b|on\b|at\b|in\b)[^.!?\n]+
    | \bich\ habe\b(?:(?!\b(?:nicht|kein\w*|nichts|nie)\b)[^.!?\n]){{0,120}}?\b(?:{_GERMAN})\b
    | \bj['\u2019]ai(?:\ (?:bien|donc|aussi))?\ (?:{_FRENCH})\w*
    | \bhe\ (?:{_SPANISH})\b
    """
)
_TOLD = re.compile(
    r"(?i)\b(?:already|earlier|before|previously|last time|once|when|after|until|if|could|would|can|shall|should|bereits|schon|vorhin|zuvor|wenn|falls|sobald|nachdem|déjà|si|ya|antes)\b|\?\s*$"
)
_WORD = re.compile(r"[^\W_]{4,}|\d{2,}")
SENTENCE = 1000
"""So far, in characters, is looked around a claim for the ends of its sentence: some texts have none."""


def unsupported_claims(conversation: Conversation) -> Iterator[Spot]:
    """Claims of a change in turns without a successful call of a tool that changes anything."""
    tools = {tool.name: tool for tool in conversation.tools}
    changes: list[Call] = []
    for number, turn in enumerate(conversation.turns):
        here = [call for call in turn.calls if succeeded(call) and not only_reads(call, tools)]
        if turn.answer is not None and not here and (claim := _claim(turn.answer, changes)):
            yield Spot(f"The answer says {claim!r}, but no call of this turn changed anything.", turn=number)
        changes += here


def _claim(answer: str, earlier: list[Call]) -> str:
    """The first claim in the answer that no earlier change accounts for; ""."""
    for match in _CLAIM.finditer(_without_quotations(answer)):
        sentence = _sentence(match.string, match.start(), match.end())
        if not _TOLD.search(sentence) and not _accounts_for(earlier, sentence):
            return sentence[:120]
    return ""


def _accounts_for(changes: list[Call], sentence: str) -> bool:
    """Whether the sentence speaks of what one of these changes was about."""
    said = set(_WORD.findall(sentence.casefold()))
    return any(
        said & set(_WORD.findall(" ".join([*leaves(call.arguments), call.result or ""]).casefold())) for call in changes
    )


def _without_quotations(text: str) -> str:
    # No quotation holds its own opening mark: a text of such marks alone would be searched to its end from each of them.
    return re.sub(r"“[^“”\n]*”|„[^„“”\n]*[“”]|\"[^\"\n]*\"|«[^«»\n]*»|`[^`\n]*`", "…", text)


def _sentence(text: str, start: int, end: int) -> str:
    first, last = max(0, start - SENTENCE), min(len(text), end + SENTENCE)
    begin = max((text.rfind(mark, first, start) for mark in (". ", "! ", "? ", "\n")), default=-1)
    stop = re.compile(r"[.!?](?=\s|$)|\n").search(text, end - 1, last)
    return text[begin + 1 if begin >= 0 else first : stop.end() if stop else last].strip()
