"""The engine's error tree, and of each branch whether trying again helps.

    EngineError
    ├── InvalidInput              the user must change something; never retried; stops the whole run
    │   └── InvalidScenario           only this conversation can't be made; the others of the run can
    ├── LLMError
    │   ├── LLMReplyError         the model answered, but not usably; the builder repairs or asks again
    │   │   ├── LLMRefused            it declined
    │   │   ├── LLMTruncated          it ran into max_tokens
    │   │   ├── LLMFiltered           the provider's content filter stepped in
    │   │   ├── LLMEmpty              there was no content
    │   │   └── LLMMalformed          the content is no JSON, or JSON of another shape
    │   ├── LLMUnavailable        429, 5xx, timeout, connection: retried inside the client, then the attempt is interrupted
    │   └── LLMRejected           400, 401, 403, 404: stops the whole run, with the provider's words
    ├── SandboxUnavailable        infrastructure failure of the tool service: retried inside the session, then interrupted
    ├── SeedingFailed             seed files could not all be written: the attempt ends before any model call
    └── AttemptFailed             this attempt can't become a conversation; another attempt may

A tool's own failure is no exception: it is a result (``Outcome.TOOL_ERROR``).
"""

from typing import Any


class EngineError(Exception):
    """Any failure the engine knows how to name. The text is written for the person who has to act."""


class InvalidInput(EngineError):
    """What was passed in is wrong; the text says what to write instead."""


class InvalidScenario(InvalidInput):
    """What one scenario, or the state that was made from it, holds is wrong; the text says what. Another attempt would
    end the same way, and nothing is wrong with the run."""


class LLMError(EngineError):
    """The model could not be made to answer usably."""


class LLMReplyError(LLMError):
    """A reply came and was paid for, but it can't be used.

    ``text`` is what the model wrote (never lost), ``problem`` what is wrong with it, worded so
    that the model can be told.
    """

    def __init__(self, problem: str, *, text: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.text = text


class LLMRefused(LLMReplyError):
    """The model declined to answer."""


class LLMTruncated(LLMReplyError):
    """The reply was cut at ``max_tokens``."""


class LLMFiltered(LLMReplyError):
    """The provider's content filter withheld the reply."""


class LLMEmpty(LLMReplyError):
    """The reply had no content."""


class LLMMalformed(LLMReplyError):
    """The reply is not JSON, or JSON that does not fit the shape asked for."""


class LLMUnavailable(LLMError):
    """The endpoint could not be reached or kept failing after all retries. Trying again later helps."""


class LLMRejected(LLMError):
    """The endpoint refuses the request as such (key, model name, parameters). Trying again does not help."""


class SandboxUnavailable(EngineError):
    """The tool service failed as infrastructure. Trying again later helps; nothing of it may reach the data."""


class SeedingFailed(EngineError):
    """The scenario's seed state could not be put into the sandbox completely."""


class AttemptFailed(EngineError):
    """This attempt ended without a usable conversation; ``code`` says why in one word.

    ``conversation`` is the ``generation.conversation.Conversation`` as far as it came, when there is one.
    """

    def __init__(self, message: str, *, code: str, conversation: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.conversation = conversation
