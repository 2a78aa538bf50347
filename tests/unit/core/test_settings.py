from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import SettingsError
from core.settings import load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "vade.toml").write_text(text, "utf-8")


def test_defaults(folder: Path) -> None:
    settings = load_settings(folder)
    assert settings.data_dir == folder
    assert settings.sql_url == f"sqlite:///{folder}/truth.db"
    assert settings.api.host == "127.0.0.1"


def test_overrides_win_over_environment_over_file_over_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings(folder).retrieval.min_support == 0.45
    write(folder, "[retrieval]\nmin_support = 0.4\npassages = 9\n")
    assert load_settings(folder).retrieval.min_support == 0.4
    monkeypatch.setenv("VADE_RETRIEVAL__MIN_SUPPORT", "0.5")
    assert load_settings(folder).retrieval.min_support == 0.5
    settings = load_settings(folder, retrieval={"min_support": 0.6})
    assert settings.retrieval.min_support == 0.6
    assert settings.retrieval.passages == 9, "the file counts for keys that are set nowhere else"


def test_data_dir_is_found_in_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VADE_DATA_DIR", str(folder / "elsewhere"))
    assert load_settings().data_dir == folder / "elsewhere"
    assert load_settings(folder).data_dir == folder, "the command line wins"


UNKNOWN = [
    "VADE_UNKNOWN", "VADE_LLM__EMBEDER", "VADE_API__ADMIN", "vade_typo", "VADE_LLM__ENGINE__PAGSE",
    "VADE_LLM__ENGINE__PAGES__MORE", "VADE_LLM__REMOTE__FOLDER", "VADE_ENGINE__PAGES",
]  # fmt: skip


@pytest.mark.parametrize("variable", UNKNOWN)
def test_an_unknown_variable_is_refused_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsError, match=variable):
        load_settings(folder)


def test_a_variable_reaches_a_group_inside_a_group(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        folder,
        "[llm]\ngenerator = 'engine'\nmodel = '/models/m'\n[llm.engine]\npages = 9\nkv_dtype = 'int8'\n",
    )
    monkeypatch.setenv("VADE_LLM__ENGINE__PAGES", "512")
    monkeypatch.setenv("VADE_LLM__ENGINE__ADAPTERS", '{"Tax": "/adapters/tax"}')
    llm = load_settings(folder).llm
    assert (llm.generator, llm.model) == ("engine", Path("/models/m"))
    assert (llm.engine.pages, llm.engine.kv_dtype) == (512, "int8")
    assert llm.engine.adapters == {"Tax": Path("/adapters/tax")}


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("generator = 'engine'", r"llm\.model"),
        ("generator = 'hf'", r"llm\.model"),
        ("generator = 'engine'\nmodel = '/m'\nadapter = 'tax'", "'tax'"),
        ("generator = 'remote'", r"llm\.remote\.model"),
        ("[llm.engine]\nmax_step_tokens = 8", "max_sequences"),
    ],
)
def test_a_choice_without_what_it_needs_is_refused(folder: Path, text: str, missing: str) -> None:
    write(folder, f"[llm]\n{text}\n")
    with pytest.raises(SettingsError, match=missing):
        load_settings(folder)


def test_a_key_is_not_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VADE_LLM__REMOTE__API_KEY", "hush")
    settings = load_settings(folder)
    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()


def test_variable_of_public_data_is_no_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VADE_DATA", "/somewhere")
    assert load_settings(folder).data_dir == folder


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("typo = 1", "typo"),
        ("[retrieval]\nmin_suport = 0.4", "retrieval.min_suport"),
        ("[llms]\nembedder = 'x'", "llms"),
        ("[ingest]\nchunk_tokens = 'many'", "ingest.chunk_tokens"),
        ("[retrieval]\nmin_support = 2", "retrieval.min_support"),
        ("[llm]\ndtype = 'float8'", "llm.dtype"),
        ("[llm]\ngenerator = 'oracle'", "llm.generator"),
        ("[llm.engine]\npagse = 8", "llm.engine.pagse"),
        ("[llm.remote]\nurl = 'nowhere'", "llm.remote.url"),
    ],
)
def test_an_unknown_or_wrong_key_of_the_file_is_named(folder: Path, text: str, key: str) -> None:
    write(folder, text)
    with pytest.raises(SettingsError, match=f"'{key}'"):
        load_settings(folder)


@pytest.mark.parametrize("text", ["not toml at all", "[api\n", "a = 1\na = 2"])
def test_a_malformed_file_is_one_clear_error(folder: Path, text: str) -> None:
    write(folder, text)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(folder)


def test_a_file_that_is_not_text_is_one_clear_error(folder: Path) -> None:
    (folder / "vade.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(folder)


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("VADE_API__PORT", "99999", "api.port"),
        ("VADE_API__PORT", "http", "api.port"),
        ("VADE_INGEST__MAX_FILE_BYTES", "0", "ingest.max_file_bytes"),
        ("VADE_RETRIEVAL__DENSE_WEIGHT", "-1", "retrieval.dense_weight"),
    ],
)
def test_a_wrong_value_of_a_variable_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, key: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"'{key}'"):
        load_settings(folder)


def test_an_unknown_override_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"'api\.root'"):
        load_settings(folder, api={"root": True})


def test_settings_never_change(folder: Path) -> None:
    settings = load_settings(folder)
    with pytest.raises(ValidationError):
        settings.database_url = "sqlite://"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        settings.api.user = "user:root"  # type: ignore[misc]
