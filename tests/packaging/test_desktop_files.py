"""What a Linux desktop is told about the program: menu entry, file types, description, icon."""

import configparser
import tomllib
from pathlib import Path
from xml.etree import ElementTree

from nnopt_gui import __version__
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


def test_the_menu_entry_opens_what_it_says():
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(LINUX / "nnopt-gui.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["gui-scripts"]
    assert entry["Exec"].split() == ["nnopt-gui", "%F"] and entry["Exec"].split()[0] in scripts
    kinds = {kind.get("type") for kind in ElementTree.parse(LINUX / "nnopt-gui-mime.xml").iter(f"{MIME}mime-type")}
    assert set(entry["MimeType"].strip(";").split(";")) == kinds


def test_a_study_is_recognised_by_its_content(tmp_path):
    StudyFile.create(tmp_path / "a.nnopt", Study(ModelSource("demo"))).close()
    content = (tmp_path / "a.nnopt").read_bytes()
    (kind,) = (
        k for k in ElementTree.parse(LINUX / "nnopt-gui-mime.xml").getroot() if k.get("type") == "application/x-nnopt"
    )
    matches = list(kind.iter(f"{MIME}match"))
    assert len(matches) == 2
    for match in matches:
        value, offset = match.get("value").encode().decode("unicode_escape").encode("latin-1"), int(match.get("offset"))
        assert content[offset : offset + len(value)] == value
    assert kind.find(f"{MIME}glob").get("pattern") == "*.nnopt"


def test_the_description_is_of_this_version():
    component = ElementTree.parse(LINUX / "io.github.nnopt_gui.metainfo.xml").getroot()
    assert component.find("releases/release").get("version") == __version__
    assert component.findtext("launchable") == "nnopt-gui.desktop"


def test_all_of_it_is_installed_where_desktops_look():
    shared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared = shared["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert all((ROOT / source).is_file() for source in shared)
    assert {Path(target).parts[:2] for target in shared.values()} == {
        ("share", "applications"), ("share", "metainfo"), ("share", "mime"), ("share", "icons")
    }  # fmt: skip
