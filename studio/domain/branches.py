"""Branches: ask for one, work it under a lease, keep it or the original. Nothing in the conversation changes before one is kept.

What the worker writes is one conditional update on its token each, so a late or cancelled one changes nothing; what it paid
is written down all the same.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from generation.builders.fork import fork
from generation.conversation import Call, Provenance, from_json, to_json
from generation.conversation import Conversation as Content
from generation.llm.client import LedgerLine
from generation.plan import TOOLLESS
from studio.domain.conversations import Change, save_change
from studio.domain.edits import answers_since, find_pair
from studio.domain.errors import NotPossible, Refused
from studio.domain.reviews import require_free
from studio.domain.statements import insert_requests
from studio.models import Branch, BranchRequest, Conversation, Endpoint, User
from studio.models.fields import plain_text

LEASE = timedelta(seconds=30)
"""How long a silent worker keeps a branch; workers renew it with each saved state and each heartbeat."""
MESSAGE_LOST_AFTER = timedelta(seconds=30)
REPLAY_DIFFERS = "replay_differs"
"""The code of the notes about calls that answered otherwise when a sandbox was rebuilt."""
MAX_INSTRUCTION = 4000
"""Characters of an instruction."""

Status = Branch.Status


def ask_branch(
    conversation: Conversation,
    *,
    endpoint: Endpoint,
    by: User,
    call_id: str = "",
    turn: int = 0,
    instruction: str = "",
) -> Branch:
    """Ask for the conversation, as it stands, to be gone on from behind this call, or from the user message of ``turn``.

    Kept calls whose result is stale are executed again on the way. The caller dispatches it. Raises Refused, ClaimHeld, and
    NotPossible when the place is gone or another branch waits for a decision.
    """
    require_free(conversation, by=by)
    _require_instruction(instruction)
    return _create(conversation, endpoint=endpoint, by=by, call_id=call_id, turn=turn, instruction=instruction)


def ask_again(branch: Branch, *, by: User) -> Branch:
    """Ask once more for what failed, or for a branch of a version that does not stand any more; the old one is discarded.

    A failure of the endpoint or the sandbox loses nothing: the new branch goes on where the old one stood.
    """
    conversation = branch.conversation
    require_free(conversation, by=by)
    if branch.status not in (Status.FAILED, Status.DONE):
        raise NotPossible("This branch is not waiting for anybody: regenerate anew.")
    if branch.endpoint is None:
        raise NotPossible("Its endpoint was deleted: regenerate anew with another one.")
    goes_on = branch.status == Status.FAILED and branch.is_resumable and branch.version == conversation.version
    with transaction.atomic():
        _settle(branch, Status.DISCARDED, among=[Status.FAILED, Status.DONE])
        again = _create(
            conversation,
            endpoint=branch.endpoint,
            by=by,
            call_id=branch.call_id,
            turn=branch.turn,
            instruction=branch.instruction,
        )
        if goes_on:
            again.state, again.seed, again.renewed = branch.state, branch.seed, branch.renewed
            again.save(update_fields=["state", "seed", "renewed"])
    return again


def _create(
    conversation: Conversation, *, endpoint: Endpoint, by: User, call_id: str, turn: int, instruction: str
) -> Branch:
    content = conversation.content
    _require_tools(content)
    if call_id:
        turn = find_pair(content, call_id).turn
    elif not 0 <= turn < len(content.turns):
        raise NotPossible("That turn is not in the conversation any more. Reload the page.")
    stale = set(conversation.pairs.exclude(stale="").values_list("call_id", flat=True))
    state = fork(content, turn=turn, call_id=call_id, renew=stale)
    has_world = conversation.item_id is not None or conversation.scenario_id is not None
    # Without a scenario nobody knows what the user wants next: only the turn itself is gone on with.
    planned = (content.planned_turns or len(content.turns)) if has_world else turn + 1
    # Every kept call is replayed for the branch, so what is noted of them from then on is what this sandbox said.
    notes = [note for note in state.notes if note.code != REPLAY_DIFFERS]
    state = state.model_copy(update={"planned_turns": planned, "notes": notes})
    seed = secrets.randbelow(2**31)
    try:
        with transaction.atomic():
            return Branch.objects.create(
                conversation=conversation,
                version=conversation.version,
                call_id=call_id,
                turn=turn,
                endpoint=endpoint,
                instruction=plain_text(instruction),
                # Ids of calls and the model's choices come from it: the original's must not come again.
                seed=seed + (seed == content.seed),
                renewed=[call.id for call in state.calls if not call.is_answered],
                state=to_json(state),
                requested_by=by,
            )
    except IntegrityError as error:
        raise NotPossible(
            "This conversation has a branch already: cancel it, or keep one of the two, then regenerate."
        ) from error


def _require_instruction(instruction: str) -> None:
    if len(instruction) > MAX_INSTRUCTION:
        message = f"The instruction has {len(instruction)} characters; {MAX_INSTRUCTION} are possible."
        raise Refused(message, details=[{"pointer": "/instruction", "message": message}])


def _require_tools(content: Content) -> None:
    if not content.tools and content.mode not in TOOLLESS:
        raise NotPossible("This conversation has no tools, so no agent can go on with it: edit its answers instead.")


def open_branch(conversation: Conversation) -> Branch | None:
    """The branch that is under way or waits for a decision; there is at most one."""
    return conversation.branches.select_related("endpoint").filter(status__in=Status.undecided()).first()


def original_of(branch: Branch) -> Content:
    """The conversation as it stood when the branch was asked for."""
    conversation = branch.conversation
    if conversation.version == branch.version:
        return conversation.content
    return from_json(conversation.revisions.values_list("document", flat=True).get(version=branch.version))


def claim_branch(pk: int) -> Branch | None:
    """Take a branch that waits, or whose worker died, under a fresh token; None when there is nothing to do."""
    now = timezone.now()
    token = secrets.token_hex(16)
    free = Q(status=Status.PENDING) | Q(status=Status.RUNNING, lease_until__lt=now)
    taken = Branch.objects.filter(free, pk=pk).update(status=Status.RUNNING, token=token, lease_until=now + LEASE)
    if not taken:
        return None
    branch = Branch.objects.select_related(
        "endpoint", "conversation__toolset", "conversation__scenario", "conversation__item__run", "conversation__run"
    ).get(pk=pk)
    branch.token = token  # ours, even when it was taken away by now
    return branch


def renew_branches(tokens: Sequence[str]) -> int:
    """Keep the branches of these tokens; returns how many are still held."""
    held = Branch.objects.filter(token__in=tokens, status=Status.RUNNING)
    return held.update(lease_until=timezone.now() + LEASE)


def save_branch_state(branch: Branch, *, content: Content, ledger: Sequence[LedgerLine]) -> bool:
    """Keep how far it is and what it cost, and renew the lease. False: it was cancelled or taken over, stop working."""
    state = to_json(content)
    with transaction.atomic():
        held = _update(branch, state=state, lease_until=timezone.now() + LEASE)
        add_branch_requests(branch, ledger=ledger)
    return held


def add_branch_requests(branch: Branch, *, ledger: Sequence[LedgerLine]) -> None:
    """Write down requests that were made for this branch, whoever holds it now; nothing when it was deleted meanwhile."""
    if not ledger:
        return
    with transaction.atomic():
        spent = Branch.objects.filter(pk=branch.pk).update(
            tokens_in=F("tokens_in") + sum(line.tokens_in for line in ledger),
            tokens_out=F("tokens_out") + sum(line.tokens_out for line in ledger),
            cost=F("cost") + sum(line.cost for line in ledger),
        )
        if spent:
            insert_requests(BranchRequest, ledger=ledger, branch=branch)


def finish_branch(branch: Branch, *, content: Content) -> bool:
    """Keep the finished branch, for somebody to decide. False: it was cancelled or taken over."""
    return _end(branch, status=Status.DONE, state=to_json(content), error="")


def fail_branch(branch: Branch, *, error: str, is_resumable: bool = False) -> bool:
    """Note why there is no branch. ``is_resumable``: asked for again, it may go on from where it stood."""
    return _end(branch, status=Status.FAILED, error=plain_text(error, 2000), is_resumable=is_resumable)


def interrupt_branch(branch: Branch) -> bool:
    """Put it back with its state, to be taken up at once by whoever is free (the worker shuts down)."""
    return _update(branch, status=Status.PENDING, token="", lease_until=None, sent_at=None)


def cancel_branch(branch: Branch, *, by: User) -> None:
    """Stop it, whoever works it. Raises NotPossible when it is not under way any more, ClaimHeld."""
    require_free(branch.conversation, by=by)
    _settle(branch, Status.CANCELLED, among=Status.underway())


def discard_branch(branch: Branch, *, by: User) -> None:
    """Keep the original; the branch stays on record. Raises NotPossible when there is nothing to decide, ClaimHeld."""
    require_free(branch.conversation, by=by)
    _settle(branch, Status.DISCARDED, among=[Status.DONE, Status.FAILED])


def keep_branch(branch: Branch, *, by: User) -> Conversation:
    """Make the branch the conversation's next version, as one revision; what it made anew is no longer stale.

    One that says and did the same again leaves the original's calls in their place, verdicts and all: when nothing was stale there
    is no new version, and the branch is discarded. Raises NotPossible unless it is done and the conversation still stands at the version it came from, ClaimHeld.
    """
    conversation = branch.conversation
    require_free(conversation, by=by)
    if branch.status != Status.DONE:
        raise NotPossible("There is no finished branch to keep: regenerate first.")
    if conversation.version != branch.version:
        raise NotPossible(
            f"Version {conversation.version} was saved since this branched off from version {branch.version}: "
            "regenerate again from what stands now, or keep the original."
        )
    before, content = conversation.content, from_json(branch.state)
    content = content.model_copy(update={"planned_turns": before.planned_turns})
    change = Change(
        summary=f"Regenerated from {place_of(branch, before)}",
        reason=branch.instruction,
        fresh=set(branch.renewed),
        fresh_answers=set(range(branch.turn, len(content.turns))),
    )
    _settle_renewed(branch, before, content, change)
    if _what_it_says(content) == _what_it_says(before):
        content = before
    with transaction.atomic():
        _settle(branch, Status.KEPT, among=[Status.DONE])
        saved = save_change(conversation, version=branch.version, content=content, change=change, by=by)
        if saved.version == branch.version:
            _settle(branch, Status.DISCARDED, among=[Status.KEPT])
        return saved


def place_of(branch: Branch, content: Content) -> str:
    """Where it branches off, in words: ``#3 read_file``, or the user message of a turn."""
    if not branch.call_id:
        return f"the user message of turn {branch.turn + 1}"
    ref = content.pair(branch.call_id)
    return f"#{ref.number + 1} {ref.call.tool}"


def _settle_renewed(branch: Branch, before: Content, content: Content, change: Change) -> None:
    """Kept calls that were executed again: a person's arguments stay marked, and earlier answers on another result go stale."""
    renewed = set(branch.renewed)
    for ref in content.pairs():
        if ref.call.id not in renewed:
            continue
        old = before.pair(ref.call.id).call
        if old.provenance is Provenance.EDITED and ref.call.provenance is Provenance.EXECUTED:
            ref.call.provenance = Provenance.EDITED
        if _said(old) != _said(ref.call):
            earlier = answers_since(content, ref.turn)
            change.stale_answers |= {turn: reason for turn, reason in earlier.items() if turn < branch.turn}


def _what_it_says(content: Content) -> str:
    """The content but for what is another each time the same is done: its calls' ids and durations."""
    content = content.model_copy(deep=True)
    numbers = {ref.call.id: str(ref.number) for ref in content.pairs()}
    for call in content.calls:
        call.id, call.duration_ms = numbers[call.id], None
    for note in content.notes:
        note.call_id = numbers.get(note.call_id or "")
    return to_json(content)


def _said(call: Call) -> tuple[object, ...]:
    return call.result, call.outcome, call.error_type


def take_branches_for_dispatch(at_once: int = 16) -> list[int]:
    """Branches to send messages for, so that about ``at_once`` are under way: those that wait, and those whose worker died.
    Marks them as sent."""
    now = timezone.now()
    recently = Q(sent_at__gte=now - MESSAGE_LOST_AFTER)
    underway = Q(status=Status.RUNNING, lease_until__gte=now) | Q(recently, status=Status.PENDING)
    room = max(at_once - Branch.objects.filter(underway).count(), 0)
    free = Q(status=Status.PENDING) | Q(status=Status.RUNNING, lease_until__lt=now)
    unsent = Q(sent_at=None) | Q(sent_at__lt=now - MESSAGE_LOST_AFTER)
    chosen = list(Branch.objects.filter(free, unsent).order_by("pk").values_list("pk", flat=True)[:room])
    Branch.objects.filter(pk__in=chosen).update(sent_at=now)
    return chosen


def _settle(branch: Branch, status: Branch.Status, *, among: Sequence[str]) -> None:
    settled = Branch.objects.filter(pk=branch.pk, status__in=among).update(
        status=status, token="", lease_until=None, finished_at=timezone.now()
    )
    if not settled:
        raise NotPossible("Somebody decided about this branch meanwhile. Reload the page.")


def _update(branch: Branch, **values: object) -> bool:
    held = Branch.objects.filter(pk=branch.pk, token=branch.token, status=Status.RUNNING)
    return bool(held.update(**values))


def _end(branch: Branch, **values: object) -> bool:
    return _update(branch, lease_until=None, token="", finished_at=timezone.now(), **values)
