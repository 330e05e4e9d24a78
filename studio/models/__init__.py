"""What is stored: one aggregate a file. Constraints, enums and querysets live here; every write goes through ``studio.domain``."""

from studio.models.branches import Branch, BranchRequest
from studio.models.bulk import BulkAction, BulkEntry
from studio.models.catalog import Fixture, Registry, Tool, ToolSet
from studio.models.comments import Comment, Mention, Thread
from studio.models.conversations import Conversation, Pair, Rerun, Revision
from studio.models.datasets import Dataset, Scenario
from studio.models.endpoints import Endpoint
from studio.models.judgements import Judgement
from studio.models.likeness import LikenessKey
from studio.models.presence import Presence
from studio.models.reviews import PairVerdict, Review, Tagging
from studio.models.runs import FailedAttempt, Item, LedgerEntry, Run, SandboxSession
from studio.models.saved_views import SavedView
from studio.models.search import SearchIndex, SearchText
from studio.models.settlements import Settlement
from studio.models.tags import Tag
from studio.models.team import ApiToken, PasswordAttempt, User
from studio.models.topics import TopicRequest
from studio.models.waivers import Waiver

__all__ = [
    "ApiToken",
    "Branch",
    "BranchRequest",
    "BulkAction",
    "BulkEntry",
    "Comment",
    "Conversation",
    "Dataset",
    "Endpoint",
    "FailedAttempt",
    "Fixture",
    "Item",
    "Judgement",
    "LedgerEntry",
    "LikenessKey",
    "Mention",
    "Pair",
    "PairVerdict",
    "PasswordAttempt",
    "Presence",
    "Registry",
    "Rerun",
    "Review",
    "Revision",
    "Run",
    "SandboxSession",
    "SavedView",
    "Scenario",
    "SearchIndex",
    "SearchText",
    "Settlement",
    "Tag",
    "Tagging",
    "Thread",
    "Tool",
    "ToolSet",
    "TopicRequest",
    "User",
    "Waiver",
]
