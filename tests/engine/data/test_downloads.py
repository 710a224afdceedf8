"""Downloads from a real server on this machine: nothing here leaves it."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nnopt_gui.engine.data import datasets
from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.download import SOURCES, RemoteFile, download_files
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource
from nnopt_gui.errors import Cancelled, DataError

QUIET = SilentReporter()
CONTENT = os.urandom(300_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    folder: Path

    def do_GET(self) -> None:
        path = self.folder / self.path.lstrip("/").removeprefix("cut/")
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if self.path.startswith("/cut/") else data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address and folder of a web server; below /cut/ it breaks off half-way."""
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "file.bin").write_bytes(CONTENT)
    handler = type("FolderHandler", (Handler,), {"folder": folder})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{web.server_address[1]}", folder
        web.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_is_not_fetched_twice(server: tuple[str, Path], tmp_path: Path, reporter) -> None:
    url, folder = server
    file = RemoteFile("file.bin", (f"{url}/file.bin",), MD5)
    download_files([file], tmp_path / "new" / "data", reporter)
    assert (tmp_path / "new" / "data" / "file.bin").read_bytes() == CONTENT
    assert left_in(tmp_path / "new" / "data") == ["file.bin"]
    assert reporter.shares[-1] == 1.0
    (folder / "file.bin").unlink()
    download_files([file], tmp_path / "new" / "data", QUIET)


def test_a_damaged_file_is_replaced(server: tuple[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT[:1000])
    download_files([RemoteFile("file.bin", (f"{server[0]}/file.bin",), MD5)], tmp_path, QUIET)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_the_next_address_is_tried(server: tuple[str, Path], nobody: str, tmp_path: Path) -> None:
    url = server[0]
    urls = (f"{nobody}/file.bin", f"{url}/missing", f"{url}/cut/file.bin", f"{url}/file.bin")
    download_files([RemoteFile("file.bin", urls, MD5)], tmp_path / "data", QUIET)
    assert left_in(tmp_path / "data") == ["file.bin"]


def test_a_wrong_checksum_is_deleted_and_explained(server: tuple[str, Path], tmp_path: Path) -> None:
    file = RemoteFile("file.bin", (f"{server[0]}/file.bin",), "0" * 32)
    with pytest.raises(DataError, match=r"checksum differs.*deleted") as caught:
        download_files([file], tmp_path / "data", QUIET)
    assert MD5 in caught.value.details
    assert left_in(tmp_path / "data") == []


def test_a_broken_connection_leaves_nothing(server: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be downloaded"):
        download_files([RemoteFile("file.bin", (f"{server[0]}/cut/file.bin",), MD5)], tmp_path / "data", QUIET)
    assert left_in(tmp_path / "data") == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "http://[::1"])
def test_only_the_web_is_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match="could not be downloaded"):
        download_files([RemoteFile("file.bin", (url,), MD5)], tmp_path, QUIET)


def test_offline_is_said_with_what_to_do(nobody: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="network or the server cannot be reached") as caught:
        download_files([RemoteFile("file.bin", (f"{nobody}/file.bin",), MD5)], tmp_path / "data", QUIET)
    assert "try again" in caught.value.hint
    assert str(tmp_path / "data") in caught.value.hint


def test_cancelling_leaves_nothing(
    server: tuple[str, Path], tmp_path: Path, cancelling: Callable[[int], SilentReporter]
) -> None:
    with pytest.raises(Cancelled):
        download_files([RemoteFile("file.bin", (f"{server[0]}/file.bin",), MD5)], tmp_path / "data", cancelling(3))
    assert left_in(tmp_path / "data") == []


def test_old_leftovers_are_swept(server: tuple[str, Path], tmp_path: Path) -> None:
    old, fresh = tmp_path / ".file.bin.abc.part", tmp_path / ".file.bin.def.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    download_files([RemoteFile("file.bin", (f"{server[0]}/file.bin",), MD5)], tmp_path, QUIET)
    assert not old.exists()
    assert fresh.exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be written"):
        download_files([RemoteFile("x", ("http://127.0.0.1/x",), MD5)], tmp_path / "file" / "below", QUIET)


def test_opening_with_download_fetches_what_is_missing(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_idx: Callable[..., Path]
) -> None:
    url, folder = server
    write_idx(folder)
    names = [file.name for file in SOURCES["mnist"]]
    files = tuple(
        RemoteFile(name, (f"{url}/{name}",), hashlib.md5((folder / name).read_bytes()).hexdigest()) for name in names
    )
    monkeypatch.setattr(datasets, "SOURCES", {"mnist": files})
    source = DataSource(f"mnist:{tmp_path / 'mine'}", download=True)
    assert open_data(source, QUIET).counts()["selection"] == 10
    assert left_in(tmp_path / "mine") == sorted(names)
    for name in names:
        (folder / name).unlink()
    open_data(source, QUIET)  # all is there: nobody is asked


def test_without_leave_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no data"):
        open_data(DataSource(f"mnist:{tmp_path / 'mine'}"), QUIET)
    with pytest.raises(DataError, match="allow the download"):
        open_data(DataSource(f"mnist:{tmp_path}"), QUIET)


def test_addresses_and_checksums_are_torchvisions() -> None:
    torchvision_module = pytest.importorskip("nnopt_gui.engine.networks.torchvision_module")
    known = torchvision_module.torchvision().datasets
    for kind, cls in (("mnist", known.MNIST), ("fashion-mnist", known.FashionMNIST)):
        assert [(file.name, file.md5) for file in SOURCES[kind]] == cls.resources
        assert list(SOURCES[kind][0].urls) == [mirror + SOURCES[kind][0].name for mirror in cls.mirrors]
    (archive,) = SOURCES["cifar10"]
    assert (archive.name, archive.urls, archive.md5) == (
        known.CIFAR10.filename, (known.CIFAR10.url,), known.CIFAR10.tgz_md5,
    )  # fmt: skip
