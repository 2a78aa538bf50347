"""Titles among bold lines, by the rules of unstructured; imported only here.

By default unstructured reports its use over the network when it is imported, and downloads a language
model from a code host for its first sentence. It honours `DO_NOT_TRACK`, which must be set before the
import; and its model loader is replaced by an empty local pipeline that only splits sentences.
"""

import os

os.environ["DO_NOT_TRACK"] = "true"

import spacy
from unstructured.nlp import tokenize
from unstructured.partition.text_type import is_possible_title

_pipeline = spacy.blank("en")
_pipeline.add_pipe("sentencizer")
tokenize._get_nlp = lambda: _pipeline
# The limit of unstructured counts words, which Chinese does not separate.
_MAX_CHARS = 100
# Its rules accept a whole sentence; a title has no such ending.
_ENDS = tuple(".!?:;,。！？：；，")


def may_be_title(text: str) -> bool:
    """Return whether a line can be a title: few words, no full stop, more letters than signs."""
    return len(text) <= _MAX_CHARS and not text.endswith(_ENDS) and bool(is_possible_title(text))
