"""Where kernels run: on a GPU if the tests were asked to, otherwise under Triton's interpreter on the CPU."""

import os

import pytest
import torch

pytest.importorskip("triton", reason="the kernels need triton; install the `gpu` extra")


@pytest.fixture(scope="session")
def device():
    return "cpu" if os.environ["TRITON_INTERPRET"] == "1" else "cuda"


@pytest.fixture(autouse=True)
def fresh_numbers():
    """Other numbers in each test, the same in each run."""
    torch.manual_seed(torch.initial_seed() % 1000 + 1)
