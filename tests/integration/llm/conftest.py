"""What the tests over real, small models share."""

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from integration.llm.chat import citing_model

# Small models gain nothing from threads, and lose much where a machine has other work.
torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def training(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes] | None]:
    """Train the citing model beside the first tests, if one asks for it and it was not kept.

    Each test process starts the script; one of them trains, the others wait for its file.
    """
    wanted = any("citing" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if not wanted or kept_weights(request.config).exists():
        yield None
        return
    with subprocess.Popen([sys.executable, citing_model.__file__, kept_weights(request.config)]) as child:
        yield child
        child.terminate()


@pytest.fixture(scope="session")
def citing(request: pytest.FixtureRequest, training: subprocess.Popen[bytes] | None) -> torch.nn.Module:
    """The trained model, from pytest's cache if this script trained it before."""
    if training is not None:
        assert training.wait() == 0
    model: torch.nn.Module = citing_model.load(kept_weights(request.config), citing_model.COURSES["grouped"])
    return model


def kept_weights(config: pytest.Config) -> Path:
    """Return where pytest's cache keeps the weights that this script and this torch make."""
    script = Path(citing_model.__file__).read_bytes()
    version = sha256(script + torch.__version__.encode()).hexdigest()[:16]
    return Path(config.cache.mkdir("citing-model")) / f"{version}.safetensors"
