"""Batches hold every row once, keep to the budget and are padded little."""

from hypothesis import given
from hypothesis import strategies as st

from core.settings import LlmSettings
from llm.batches import by_length, padded_shape, reading_tokens

_LENGTHS = st.lists(st.integers(1, 256), min_size=1, max_size=200)
_STEPS = (8, 8)


@given(_LENGTHS)
def test_every_row_is_in_one_batch_and_no_batch_is_over_the_budget(lengths: list[int]) -> None:
    batches = list(by_length(lengths, 1024, tokens_step=8))

    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        rows, tokens = padded_shape([lengths[row] for row in batch], 1024, _STEPS)
        assert rows >= len(batch)
        assert tokens >= max(lengths[row] for row in batch)
        assert rows * tokens <= 1024


@given(_LENGTHS)
def test_full_batches_of_one_length_have_one_shape_without_empty_rows(lengths: list[int]) -> None:
    *full, _ = [[lengths[row] for row in batch] for batch in by_length(lengths, 1024, tokens_step=8)]
    shapes = [padded_shape(batch, 1024, _STEPS) for batch in full]

    assert [rows for rows, _ in shapes] == [len(batch) for batch in full]
    assert len(set(shapes)) == len({tokens for _, tokens in shapes})


def test_padding_is_a_small_part_of_a_window_of_mixed_texts() -> None:
    lengths = [8 + 17 * number % 213 for number in range(128)]  # 8 to 220, as in a handbook
    batches = [[lengths[row] for row in batch] for batch in by_length(lengths, 1024, tokens_step=8)]
    shapes = [padded_shape(batch, 1024, _STEPS) for batch in batches]

    assert sum(rows * tokens for rows, tokens in shapes) < 1.15 * sum(lengths)


def test_a_single_text_is_no_batch_of_eight() -> None:
    assert padded_shape([7], 1024, _STEPS) == (1, 8)
    assert padded_shape([1], 1024, _STEPS) == (1, 1)


def test_a_text_over_the_budget_runs_alone() -> None:
    assert list(by_length([600, 2], 256)) == [[0], [1]]
    assert padded_shape([600], 256, _STEPS) == (1, 600)


def test_a_gpu_takes_more_at_once_unless_the_settings_say() -> None:
    assert reading_tokens(LlmSettings()) < reading_tokens(LlmSettings(device="cuda"))
    assert reading_tokens(LlmSettings(device="cuda", batch_tokens=512)) == 512
