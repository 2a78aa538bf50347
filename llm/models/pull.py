"""Downloads of models from Hugging Face: pinned, resumable, weights and text files only.

Files that can hold code are never fetched. Each file is checked against the hash that the hub lists for
the pinned commit; the commit and the hashes are saved beside the files and used from then on.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from core.errors import ModelError
from llm.engine.formats import GGUF_ADVICE
from llm.models.retriever_catalogue import revision_of

HUB = "https://huggingface.co"
LOCK_FILE = "vade-model.json"
_WANTED = re.compile(
    r"[\w.-]+\.safetensors|[\w.-]+\.safetensors\.index\.json|(?:generation_)?config\.json|tokenizer[\w.-]*\.json"
    r"|special_tokens_map\.json|vocab\.json|merges\.txt|tokenizer\.model|chat_template\.jinja|LICEN[SC]E[\w.-]*"
    # the files of sentence-transformers beside the weights of an embedder
    r"|modules\.json|sentence_bert_config\.json|config_sentence_transformers\.json"
    r"|\d_[A-Z][a-z]+/(?:config\.json|model\.safetensors)"
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHUNK_BYTES = 2**20
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)

Progress = Callable[[str, int, int], None]
"""Called with the name of a file, the bytes that are fetched, and its size in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a commit as the hub lists it."""

    name: str
    """Its path in the repository."""
    size: int
    """In bytes; 0 if the hub does not list it."""
    sha256: str
    """Empty if the hub stores the file in git itself."""
    blob: str
    """The git blob id, which is checked if there is no SHA-256."""


def pull(
    repository: str,
    folder: Path,
    revision: str | None = None,
    hub: str = HUB,
    progress: Progress = lambda name, done, size: None,
) -> str:
    """Fetch the missing files of a model into `folder` and return the commit; another call resumes.

    Without a `revision`, a folder that was pulled before keeps its commit, and a new one gets that of the
    model's card, or of the branch `main`.

    Raises: ModelError if the hub has no such model, a file differs from its hash on the hub, or the disk
    has too little space.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise ModelError(f"{repository!r} is not the name of a repository, such as owner/name")
    folder.mkdir(parents=True, exist_ok=True)
    revision = revision or _locked(folder, repository) or revision_of(repository)
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=True, trust_env=True) as client:
        try:
            commit, files = _list(client, hub, repository, revision)
            _check_room(folder, files)
            for file in files:
                url = f"{hub}/{repository}/resolve/{commit}/{quote(file.name)}"
                _fetch(client, url, file, folder / file.name, progress)
        except (httpx.HTTPError, OSError) as error:
            raise ModelError(f"{repository} cannot be fetched: {error!r}; run again to resume") from error
    lock = {
        "repository": repository,
        "commit": commit,
        "files": {one.name: one.sha256 or one.blob for one in files},
    }
    (folder / LOCK_FILE).write_text(json.dumps(lock, indent=1, sort_keys=True))
    return commit


def refuse_local(name: str) -> None:
    """Refuse the path of something on this machine, which needs no fetching. Raises: ModelError."""
    path = Path(name).expanduser()
    if path.suffix == ".gguf" or (path.is_dir() and any(path.glob("*.gguf"))):
        raise ModelError(f"{name} is a GGUF file or holds some. {GGUF_ADVICE}")
    if path.exists():
        raise ModelError(
            f"{name} is on this machine: nothing is fetched. Try it out with `vade model check {name}`, and "
            "name it in VADE_LLM__MODEL, VADE_LLM__EMBEDDER or VADE_LLM__RERANKER"
        )
    if path.is_absolute() or name.startswith((".", "~")):
        raise ModelError(f"there is nothing at {name}; a model is fetched by its name or as owner/name")


def _locked(folder: Path, repository: str) -> str:
    """Return the commit to which the folder is pinned; empty if it does not hold this model."""
    file = folder / LOCK_FILE
    if not file.exists():
        return ""
    try:
        lock = json.loads(file.read_text())
        if "package" in lock:
            raise ModelError(f"{folder} holds weights of a package; name another folder with --to")
        return str(lock["commit"]) if lock["repository"] == repository else ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{file} is damaged; delete it to pin the model anew: {error!r}") from error


def _list(client: httpx.Client, hub: str, repository: str, revision: str) -> tuple[str, list[HubFile]]:
    """Return the commit and those of its files that are to be fetched."""
    response = client.get(f"{hub}/api/models/{repository}/revision/{quote(revision, safe='')}?blobs=true")
    if response.status_code != httpx.codes.OK:
        raise ModelError(f"the hub answered {response.status_code} for {repository} at {revision}")
    said: dict[str, Any] = response.json()
    commit = str(said.get("sha", ""))
    if not _COMMIT.fullmatch(commit):
        raise ModelError(f"the hub names no commit for {repository} at {revision}")
    siblings = said.get("siblings", [])
    files = [_file(entry) for entry in siblings if _WANTED.fullmatch(entry["rfilename"])]
    if not any(file.name.endswith(".safetensors") for file in files):
        raise ModelError(f"{repository} {_other_format([entry['rfilename'] for entry in siblings])}")
    return commit, files


def _other_format(names: list[str]) -> str:
    if any(name.endswith(".gguf") for name in names):
        return f"has no safetensors but GGUF files. {GGUF_ADVICE}"
    return "has no safetensors; other formats can hold code and are not fetched"


def _file(entry: dict[str, Any]) -> HubFile:
    large = entry.get("lfs") or {}
    size = int(large.get("size") or entry.get("size") or 0)
    return HubFile(
        name=entry["rfilename"],
        size=size,
        sha256=str(large.get("sha256", "")),
        blob=str(entry.get("blobId", "")),
    )


def _check_room(folder: Path, files: list[HubFile]) -> None:
    missing = sum(file.size for file in files if not (folder / file.name).exists())
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise ModelError(f"the download takes {missing} bytes, but only {free} are free in {folder}")


def _fetch(client: httpx.Client, url: str, file: HubFile, target: Path, progress: Progress) -> None:
    if target.exists() and _matches(target, file):
        return
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    if have < file.size or not file.size:
        _append(client, url, file, part, progress)
    if not _matches(part, file):
        part.unlink()
        raise ModelError(
            f"{file.name} differs from its hash on the hub and was deleted; run again to fetch it anew"
        )
    part.replace(target)


def _append(client: httpx.Client, url: str, file: HubFile, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    with client.stream("GET", url, headers={"Range": f"bytes={have}-"} if have else {}) as response:
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        done = have if resumed else 0
        with part.open("ab" if resumed else "wb") as output:
            for chunk in response.iter_bytes(_CHUNK_BYTES):
                done += len(chunk)
                if done > file.size > 0:
                    raise ModelError(f"{file.name} is longer than its size on the hub")
                output.write(chunk)
                progress(file.name, done, file.size)


def _matches(path: Path, file: HubFile) -> bool:
    if file.sha256:
        digest, wanted = hashlib.sha256(), file.sha256
    else:  # git hashes a header before the content (git-scm.com, "Git Objects"); not for security
        digest, wanted = (
            hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False),
            file.blob,
        )
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest() == wanted


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk
