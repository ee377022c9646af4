"""Fetching, against a real server that breaks off, lies, ignores ranges or is not there."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mineral_prospectivity.datasets import fetched
from mineral_prospectivity.datasets.fetched import MIRROR_VARIABLE, fetch_experiment
from mineral_prospectivity.errors import ConfigurationError, LayerError

CONTENT = bytes(range(256)) * 4000


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT; the server's attributes say how it misbehaves."""

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append(asked)
        if self.path != "/layer.tif":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
        if start >= len(server.content):
            self.send_error(416)
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.breaks.pop(0)] if server.breaks else body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(fetched, "PAUSE", 0.0)
    monkeypatch.setattr(fetched, "TIMEOUT", 5.0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.ranges, server.breaks, server.requests = CONTENT, True, [], []
    server.url = f"http://127.0.0.1:{server.server_port}/layer.tif"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "somewhere"


def sources(server, content=CONTENT):
    entry = {"name": "layer.tif", "url": server.url, "sha256": hashlib.sha256(content).hexdigest()}
    return {"files": [entry]}


def whole_chunks(sent):
    return sent // fetched.CHUNK * fetched.CHUNK


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_once(server, folder):
    for _ in range(2):
        assert fetch_experiment(sources(server), folder) == [folder / "layer.tif"]
    assert (folder / "layer.tif").read_bytes() == CONTENT
    assert server.requests == [None]
    assert names(folder) == ["layer.tif"]


def test_a_changed_file_is_fetched_again(server, folder):
    folder.mkdir()
    (folder / "layer.tif").write_bytes(b"damaged")
    fetch_experiment(sources(server), folder)
    assert (folder / "layer.tif").read_bytes() == CONTENT


def test_a_broken_transfer_goes_on_where_it_stopped(server, folder):
    server.breaks = [300_000, 400_000]
    fetch_experiment(sources(server), folder)
    first = whole_chunks(300_000)
    second = first + whole_chunks(400_000)
    assert server.requests == [None, f"bytes={first}-", f"bytes={second}-"]
    assert (folder / "layer.tif").read_bytes() == CONTENT
    assert names(folder) == ["layer.tif"]


def test_a_later_run_goes_on_where_the_last_one_stopped(server, folder):
    server.breaks = [100_000, 1000, 1000, 1000]
    with pytest.raises(LayerError, match=r"layer\.tif: http.* cannot be reached"):
        fetch_experiment(sources(server), folder)
    assert "layer.tif" not in names(folder)
    server.requests.clear()
    fetch_experiment(sources(server), folder)
    assert server.requests == [f"bytes={whole_chunks(100_000)}-"]
    assert (folder / "layer.tif").read_bytes() == CONTENT


def test_a_server_that_ignores_ranges_starts_anew(server, folder):
    server.ranges, server.breaks = False, [300_000]
    fetch_experiment(sources(server), folder)
    assert (folder / "layer.tif").read_bytes() == CONTENT


def test_a_whole_part_left_behind_is_taken(server, folder):
    digest = hashlib.sha256(CONTENT).hexdigest()
    folder.mkdir()
    (folder / f".layer.tif.{digest[:8]}.part").write_bytes(CONTENT)
    fetch_experiment(sources(server), folder)
    assert names(folder) == ["layer.tif"]


def test_another_content_is_refused_and_nothing_kept(server, folder):
    server.content = b"not what was published"
    with pytest.raises(LayerError) as error:
        fetch_experiment(sources(server), folder)
    assert str(error.value) == (
        f"layer.tif: {server.url} gives another file than was published: its SHA-256 is "
        f"{hashlib.sha256(server.content).hexdigest()}, not {hashlib.sha256(CONTENT).hexdigest()}"
    )
    assert names(folder) == []


def test_a_missing_file_is_not_asked_for_again_and_again(server, folder):
    server.url = server.url.replace("layer", "other")
    with pytest.raises(LayerError) as error:
        fetch_experiment(sources(server), folder)
    assert str(error.value) == (
        f"layer.tif: {server.url} gives an error (404 Client Error: Not Found). Check the network, "
        f"or set {MIRROR_VARIABLE} to a folder that holds somewhere/layer.tif"
    )
    assert len(server.requests) == 1
    assert names(folder) == []


def test_without_a_network_the_mirror_is_the_remedy(server, folder):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{unused.getsockname()[1]}/layer.tif"
    with pytest.raises(LayerError) as error:
        fetch_experiment(sources(server), folder)
    assert str(error.value) == (
        f"layer.tif: {server.url} cannot be reached ([Errno 111] Connection refused). Check the "
        f"network, or set {MIRROR_VARIABLE} to a folder that holds somewhere/layer.tif"
    )


def test_the_mirror_replaces_the_network(server, folder, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror" / "somewhere"
    mirror.mkdir(parents=True)
    (mirror / "layer.tif").write_bytes(CONTENT)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path / "mirror"))
    fetch_experiment(sources(server), folder)
    assert (folder / "layer.tif").read_bytes() == CONTENT
    assert server.requests == []


def test_a_mirror_is_checked_too(server, folder, tmp_path):
    mirror = tmp_path / "mirror" / "somewhere"
    mirror.mkdir(parents=True)
    (mirror / "layer.tif").write_bytes(CONTENT[:-1])
    with pytest.raises(LayerError, match=r"somewhere/layer\.tif gives another file than was pub"):
        fetch_experiment(sources(server), folder, tmp_path / "mirror")
    assert names(folder) == []


def test_a_file_that_the_mirror_lacks_is_named(server, folder, tmp_path):
    with pytest.raises(LayerError) as error:
        fetch_experiment(sources(server), folder, tmp_path)
    assert str(error.value) == (
        f"layer.tif: the mirror has no {tmp_path}/somewhere/layer.tif. Put there what {server.url} "
        f"gives, or unset {MIRROR_VARIABLE} to fetch it from there"
    )


def test_a_text_is_written_in_place(folder):
    wrapper = {"files": [{"name": "layer.vrt", "text": "<VRTDataset/>\n"}]}
    for _ in range(2):
        fetch_experiment(wrapper, folder)
    assert (folder / "layer.vrt").read_text() == "<VRTDataset/>\n"
    assert names(folder) == ["layer.vrt"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "a.tif"}, "sources: files.0: a.tif: give url and sha256, or else text"),
        (
            {"name": "a.tif", "url": "http://x/a.tif"},
            "sources: files.0: a.tif: give url and sha256, or else text",
        ),
        (
            {"name": "../a.tif", "text": "x"},
            r"sources: files.0.name: string should match pattern '^\w[\w.-]*$'",
        ),
        (
            {"name": "a.tif", "text": "x", "md5": "y"},
            "sources: files.0.md5: extra inputs are not permitted",
        ),
    ],
)
def test_sources_that_cannot_be_used_are_named(folder, entry, message):
    with pytest.raises(ConfigurationError) as error:
        fetch_experiment({"files": [entry]}, folder)
    assert str(error.value) == message


def test_every_published_file_of_cloncurry_has_an_address_and_a_hash():
    from pathlib import Path

    from mineral_prospectivity.config import ComposingConfigLoader

    conf = Path(__file__).parents[2] / "conf"
    loader = ComposingConfigLoader(conf, "cloncurry", config_patterns={"sources": ["sources*"]})
    files = {file.name: file for file in fetched.Sources(**loader.optional("sources")).files}
    assert len(files) == 12
    pinned = "MPM-WofE/7df6b7a23c03a289580e50cdbcf813c18e1e76f5/TESTDATA/"
    assert all(pinned in file.url for file in files.values() if not file.text)
    entries = loader["catalog"].values()
    declared = {Path(entry["filepath"]).name for entry in entries if "01_raw" in str(entry)}
    assert declared <= set(files)
