import pytest
import torch

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.model.memory import count_pages, largest_batch, room_left


def test_pages_are_what_the_room_holds():
    assert count_pages(1000, 64, 4, "4 sequences") == 15


@pytest.mark.parametrize(("room", "missing"), [(100, 156), (0, 256), (-50, 306)])
def test_too_little_room_is_an_error_that_says_how_many_bytes_are_missing(room, missing):
    with pytest.raises(ModelError, match=f"too few for 4 sequences: {missing} bytes more are needed"):
        count_pages(room, 64, 4, "4 sequences")


def test_room_is_the_devices_share_less_what_others_hold_and_less_the_peak():
    assert room_left(1000, 0.9, 100, 500) == 300
    assert room_left(1000, 0.5, 100, 500) == -100


def test_the_largest_batch_is_the_most_tokens_behind_the_longest_past():
    settings = EngineSettings(page_tokens=8, max_step_tokens=64, max_sequences=16)
    batch = largest_batch(settings, 100, torch.device("cpu"))
    (chunk,) = batch.chunks
    assert (chunk.past, chunk.stop, chunk.pages.shape) == (36, 64, (1, 13))
    assert batch.positions[0].tolist() == list(range(36, 100))
    assert len(batch.sampled) == 16
    short = largest_batch(settings, 20, torch.device("cpu"))
    assert (short.chunks[0].past, short.tokens.shape) == (0, (1, 20))
