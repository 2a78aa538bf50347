import pytest
import torch

from core.errors import ModelError
from core.settings import EngineSettings
from llm.engine.model.memory import count_pages, largest_batch, room_left


def test_count_pages_is_the_number_that_fits():
    assert count_pages(1000, 64, 4, "4 sequences") == 15


@pytest.mark.parametrize(("room", "missing"), [(100, 156), (0, 256), (-50, 306)])
def test_count_pages_names_the_missing_bytes_if_there_is_too_little_room(room, missing):
    with pytest.raises(ModelError, match=f"too few for 4 sequences: {missing} bytes more are needed"):
        count_pages(room, 64, 4, "4 sequences")


def test_room_left_is_the_devices_share_less_other_processes_and_the_peak():
    assert room_left(1000, 0.9, 100, 500) == 300
    assert room_left(1000, 0.5, 100, 500) == -100


def test_largest_batch_has_the_most_tokens_behind_the_longest_past():
    settings = EngineSettings(page_tokens=8, max_step_tokens=64, max_sequences=16)
    batch = largest_batch(settings, 100, torch.device("cpu"))
    (chunk,) = batch.chunks
    assert (chunk.past, chunk.stop, chunk.pages.shape) == (36, 64, (1, 13))
    assert batch.positions[0].tolist() == list(range(36, 100))
    assert len(batch.sampled) == 16
    short = largest_batch(settings, 20, torch.device("cpu"))
    assert (short.chunks[0].past, short.tokens.shape) == (0, (1, 20))
