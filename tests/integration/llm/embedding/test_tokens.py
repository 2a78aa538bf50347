"""A tokenizer that cuts as the library does, with one copy of its vocabulary."""

import pytest
from integration.llm.tiny_encoders import WORDS
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from llm.embedding.tokens import TextTokenizer

ENDS = {
    "both ends": processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)),
    "only a beginning": processors.TemplateProcessing("[CLS] $A", None, [("[CLS]", 2)]),
    "two at the end": processors.TemplateProcessing("$A [SEP] [SEP]", None, [("[SEP]", 3)]),
    "none": None,
}


def tokenizer(folder, ends):
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if ends is not None:
        made.post_processor = ends
    made.save(str(folder / "tokenizer.json"))
    return made


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("words", [0, 1, 5, 6, 7, 8, 9, 30])
def test_a_text_is_cut_as_the_library_cuts_it(tmp_path, ends, words):
    library = tokenizer(tmp_path, ends)
    library.enable_truncation(8)
    text = " ".join((WORDS[7:] * 4)[:words])
    expected, ours = library.encode(text), TextTokenizer(tmp_path, 8)
    assert ours.ids([text]) == [expected.ids]
    assert ours.located_ids(text) == (expected.ids, expected.offsets)
    assert len(ours.offsets([text])[0]) == words, "what counts tokens cuts nothing"
