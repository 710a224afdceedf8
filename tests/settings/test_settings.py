"""Settings: whatever lies in the file, the program starts; what it writes it reads back."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nnopt_gui.errors import SettingsError
from nnopt_gui.settings import (
    MAX_RECENT,
    SCHEMA_VERSION,
    Settings,
    load_settings,
    reset_settings,
    save_settings,
    settings_path,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config 设置" / "settings.json"


def test_no_file_means_defaults_without_a_word(path):
    loaded = load_settings(path)
    assert loaded.settings == Settings() and loaded.warnings == ()


def test_what_is_written_is_read_back(path):
    settings = replace(
        Settings(), theme="dark", language="zh_CN", threads=3, seed=7, log_axis=False, last_folder="/模型"
    )
    settings = settings.with_recent("/a/模型.pth").with_recent("b")
    save_settings(settings, path)
    assert load_settings(path).settings == settings and load_settings(path).warnings == ()
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.json"]  # no temporary file is left


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\x00", b"[1]", b"null", b"3", b"[" * 100_000, b"x" * 2_000_000]
)
def test_garbage_gives_defaults_and_a_warning(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert len(loaded.warnings) == 1 and str(path) in loaded.warnings[0]


def test_a_folder_in_the_place_of_the_file(path):
    path.mkdir(parents=True)
    assert load_settings(path).settings == Settings() and load_settings(path).warnings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("theme", 3),
        ("language", "x" * 50),
        ("threads", 0),
        ("threads", True),
        ("threads", 2.5),
        ("seed", -1),
        ("seed", 1e400),
        ("auto_preprocessing", "yes"),
        ("log_axis", 1),
        ("auto_fit", None),
        ("last_folder", ["a"]),
        ("recent", "abc"),
        ("target", "Open VINO"),
        ("batches", [1]),
        ("memory", 1),
        ("recent", [1, 2]),
        ("recent", ["x"] * 1000),
    ],
)
def test_a_bad_value_falls_back_alone(path, name, value):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": SCHEMA_VERSION, "theme": "dark", "threads": 2, name: value}))
    loaded = load_settings(path)
    assert getattr(loaded.settings, name) == getattr(Settings(), name)
    assert len(loaded.warnings) == 1 and name in loaded.warnings[0]
    other = "threads" if name == "theme" else "theme"
    assert getattr(loaded.settings, other) == {"theme": "dark", "threads": 2}[other]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@hypothesis_settings(deadline=None)
@given(data=st.dictionaries(st.sampled_from([f.name for f in fields(Settings)] + ["version", "else"]), JSON))
def test_any_json_object_can_be_read_and_the_result_written(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(json.dumps(data))
    settings = load_settings(path).settings
    save_settings(settings, path)
    assert load_settings(path).settings == settings


def test_entries_of_a_newer_program_are_kept(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": SCHEMA_VERSION + 1, "hologram": {"depth": 3}, "theme": "dark"}))
    loaded = load_settings(path)
    assert loaded.settings.theme == "dark" and loaded.warnings
    save_settings(replace(loaded.settings, theme="light"), path)
    data = json.loads(path.read_text())
    assert (data["hologram"], data["version"], data["theme"]) == ({"depth": 3}, SCHEMA_VERSION + 1, "light")


def test_file_names_that_are_no_text_survive(path):
    settings = Settings().with_recent("/models/\udcff\udcfe.pth")  # how Python shows bytes that are not UTF-8
    save_settings(settings, path)
    assert load_settings(path).settings == settings


def test_recent_is_bounded_and_without_repetition():
    settings = Settings()
    for index in range(MAX_RECENT + 5):
        settings = settings.with_recent(str(index))
    assert len(settings.recent) == MAX_RECENT
    assert settings.with_recent("8").recent[:2] == ("8", str(MAX_RECENT + 4))
    assert settings.with_recent("8").recent.count("8") == 1


def test_reset_puts_the_file_aside(path):
    assert reset_settings(path) is None
    save_settings(replace(Settings(), theme="dark"), path)
    backup = reset_settings(path)
    assert load_settings(path).settings == Settings()
    assert backup is not None and load_settings(backup).settings.theme == "dark"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(path):
    path.parent.mkdir()
    path.parent.chmod(0o500)
    with pytest.raises(SettingsError, match="cannot be written"):
        save_settings(Settings(), path)


def test_a_file_in_the_place_of_the_folder_is_said(path):
    path.parent.write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        save_settings(Settings(), path)


def test_the_usual_place_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_path().name == "settings.json" and "nnopt-gui" in str(settings_path())
