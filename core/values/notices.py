"""Notices: what an answer or a search had to do without, in sentences for a reader.

Every text stands here. Code that goes on without a part makes its notice with `core.logs.noted`, so that
what the reader learns stands in the log as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the reader of an answer or a search."""

    code: str
    """Its stable name."""
    text: str


BY_WORDS_ONLY = Notice(
    "by_words_only",
    "Search by meaning is not available right now; passages and sentences were chosen by their words alone.",
)
LEG_MISSING = Notice(
    "leg_missing",
    "One of the embedding models is not available right now; passages in some languages may be missing.",
)
NOT_RERANKED = Notice(
    "not_reranked", "The order is preliminary: the reranking model is not available right now."
)
INDEX_BEHIND = Notice(
    "index_behind", "The search index cannot be updated right now, so the newest changes may be missing."
)
INDEX_RESTORED = Notice(
    "index_restored", "A search index was damaged; it was restored from the database, and nothing is missing."
)
BY_EXTRACTION = Notice(
    "by_extraction",
    "The chat model is not available right now; these sentences were taken from the documents as they stand.",
)
NOTHING_PROVEN = Notice(
    "nothing_proven",
    "Nothing that the chat model wrote could be proven; what is shown was taken from the documents as it "
    "stands.",
)
BESIDE_THE_QUESTION = Notice(
    "beside_the_question",
    "What the chat model wrote does not answer the question; what is shown was taken from the documents as "
    "it stands.",
)
MODEL_DECLINED = Notice("model_declined", "The chat model found no answer in the passages.")
MODEL_STOPPED = Notice(
    "model_stopped",
    "The chat model stopped before the end of its answer; what it had said until then is proven and kept.",
)
WITHOUT_KERNELS = Notice(
    "without_kernels", "The chat model runs without its GPU kernels, so an answer takes longer."
)
PASSAGES_LEFT_OUT = Notice(
    "passages_left_out",
    "Not every passage that was found fits into the chat model's context; the last ones were shortened or "
    "left out.",
)
TURNS_LEFT_OUT = Notice(
    "turns_left_out",
    "The conversation does not fit into the chat model's context; its oldest turns were left out.",
)
ANSWER_CUT = Notice(
    "answer_cut", "The answer reached the longest that the chat model may write; its rest was left out."
)
EARLIER_MESSAGE = Notice(
    "earlier_message",
    "This stands in an earlier message of its thread; the newer ones that were found do not answer it.",
)
SUMMARY_NEEDS_MODEL = Notice(
    "summary_needs_model",
    "A summary needs a chat model, and this answer was made without one: the document is shown by its head, "
    "the beginnings of its sections and the key rows of its tables.",
)
OUTLINE_CUT = Notice(
    "outline_cut", "The document has more sections than are shown here; ask for one of them by its heading."
)
MORE_DISAGREE = Notice(
    "more_disagree", "More passages of other documents disagree with this answer than are shown."
)

INSTALL_OCR = "install text recognition (pip install 'vademecum[ocr]') and run again with --retry"
"""The advice in the notices of a file some of whose pages could not be read."""


def value_unknown(said: str) -> Notice:
    """Return the notice for a value of a filter that no readable document has, as `said`."""
    return Notice("value_unknown", said)


def same_text(title: str, uris: Iterable[str]) -> Notice:
    """Return the notice that the text cited from a document stands in others too."""
    return Notice("same_text", f"The text cited from “{title}” stands in {', '.join(uris)} too.")


def newest_unread(title: str, reason: str) -> Notice:
    """Return the notice for a document that is shown in an earlier version, and why."""
    return Notice(
        "newest_unread",
        f"The newest content of “{title}” could not be read, so an earlier version is cited: {reason}",
    )


def partly_unread(title: str, pages: str) -> Notice:
    """Return the notice for a document of which some pages could not be read, as its parser says it."""
    return Notice("partly_unread", f"“{title}” was not read completely: {pages}")


def part_not_answered(part: str) -> Notice:
    """Return the notice that a part of a question, as written, is not answered."""
    return Notice("part_not_answered", f"This part of the question is not answered for certain: {part}")
