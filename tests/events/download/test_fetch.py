"""`rlbench data get` against a server on this machine: what comes, what breaks, and what must not be believed."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError, MissingFileError, OutputError
from rlbench_rec.events.download import get
from rlbench_rec.events.download import http as downloading

LOG = b"time,item,what,user,price\n" + b"".join(b"15116%05d,%d,view,%d,1\n" % (i, i % 7, i % 50) for i in range(20_000))
CARD = """
id = "fetched"
title = "A log to fetch"
homepage = "https://example.org/the-page"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = {{ view = 1.0 }}
files = [{{ pattern = "{pattern}", url = "{url}", sha256 = "{sha256}" }}]
columns = {{ timestamp = "time", item = "item", event = "what", user = "user" }}
events = {{ view = "view" }}
"""


class Shelf(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; `server.breaks[path]` transfers end half way; `server.ranges`: whether it can resume."""

    def do_GET(self):
        server = self.server
        server.asked[self.path] += 1
        content = server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        if server.spoils:
            return server.spoils(self, content)
        begin = 0
        if server.ranges and (wanted := self.headers.get("Range")):
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            server.resumed.append(begin)
            if begin >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        rest = content[begin:]
        if server.breaks.get(self.path, 0):
            server.breaks[self.path] -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as made:
        made.files, made.breaks, made.ranges, made.resumed, made.asked = {}, {}, True, [], Counter()
        made.spoils = None
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("RLBENCH_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(downloading, "WAIT", 0.001)
    return tmp_path / "cache" / "fetched"


@pytest.fixture
def card(server, tmp_path):
    """card(content, name="log.csv", pattern=None, sha256=None) puts a file on the shelf and writes its card."""

    def write(content: bytes | None, name: str = "log.csv", pattern: str | None = None, sha256: str | None = None):
        if content is not None:
            server.files[f"/{name}"] = content
        digest = hashlib.sha256(content or b"").hexdigest() if sha256 is None else sha256
        url = f"http://127.0.0.1:{server.server_port}/{name}"
        (tmp_path / "cards").mkdir(exist_ok=True)
        path = tmp_path / "cards" / "fetched.toml"
        path.write_text(CARD.format(url=url, sha256=digest, pattern=pattern or name))
        return path

    return write


def zipped(**files: bytes) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return box.getvalue()


def test_a_good_file_comes_once_and_is_found_by_itself(card, cache, server, capsys):
    path = card(LOG)
    events_seen = []
    got = get(path, progress=events_seen.append)
    assert got.files == got.downloaded == [cache / "log.csv"] and got.files[0].read_bytes() == LOG
    assert events.load(path).n_rows == 20_000
    assert get(path).downloaded == [] and server.asked["/log.csv"] == 1
    assert str(events_seen[0]).startswith("downloading log.csv (")
    assert events_seen[0].received == 0
    assert events_seen[-1].received == events_seen[-1].total == len(LOG)
    assert capsys.readouterr() == ("", "")
    assert sorted(p.name for p in cache.iterdir()) == [".lock", "log.csv"]


def test_a_wrong_checksum_leaves_nothing(card, cache):
    path = card(LOG, sha256="0" * 64)
    with pytest.raises(InputError, match="SHA-256 of the file that arrived"):
        get(path)
    assert [p.name for p in cache.iterdir()] == [".lock"]


def test_a_file_that_rotted_on_disk_is_fetched_again(card, cache):
    path = card(LOG)
    get(path)
    (cache / "log.csv").write_bytes(LOG[:-1])
    assert get(path).downloaded and (cache / "log.csv").read_bytes() == LOG


def test_a_broken_transfer_goes_on_where_it_broke(card, cache, server):
    path = card(LOG)
    server.breaks["/log.csv"] = 2
    get(path)
    assert (cache / "log.csv").read_bytes() == LOG
    first, second = server.resumed
    assert 0 < first <= len(LOG) // 2 < len(LOG) and first <= second < len(LOG)


def test_a_server_that_cannot_resume_starts_over(card, cache, server):
    path, server.ranges = card(LOG), False
    server.breaks["/log.csv"] = 2
    get(path)
    assert (cache / "log.csv").read_bytes() == LOG


def test_a_transfer_that_breaks_on_and_on_says_so_and_keeps_what_came(card, cache, server):
    path = card(LOG)
    server.breaks["/log.csv"] = 99
    with pytest.raises(InputError, match=r"broke off.*run the same command again"):
        get(path)
    kept = (cache / "log.csv.part").stat().st_size
    assert 0 < kept < len(LOG) and not (cache / "log.csv").exists()
    server.breaks["/log.csv"], server.resumed[:] = 0, []
    get(path)
    assert server.resumed == [kept] and (cache / "log.csv").read_bytes() == LOG


def test_a_part_of_another_file_does_not_poison_the_next_try(card, cache):
    path = card(LOG)
    cache.mkdir(parents=True)
    (cache / "log.csv.part").write_bytes(b"x" * (len(LOG) + 5))
    with pytest.raises(InputError, match="SHA-256 of the file that arrived"):
        get(path)
    get(path)
    assert (cache / "log.csv").read_bytes() == LOG


def test_no_such_file_on_the_server(card, cache):
    with pytest.raises(MissingFileError, match="404"):
        get(card(None, sha256="0" * 64))
    assert [p.name for p in cache.iterdir()] == [".lock"]


def test_no_server(card, cache, server, monkeypatch):
    path = card(LOG)
    server.shutdown()
    server.socket.close()
    with pytest.raises(InputError, match=r"broke off \(ConnectionError\)"):
        get(path)


@pytest.mark.parametrize("name", ["log.zip", "log.tar.gz", "log.csv.gz"])
def test_archives_give_the_files_that_the_card_asks_for(card, cache, name):
    if name.endswith(".zip"):
        content = zipped(**{"all/2026-01.csv": LOG, "all/readme.txt": b"no log"})
    elif name.endswith(".csv.gz"):
        import gzip

        content = gzip.compress(LOG)
    else:
        box = io.BytesIO()
        with tarfile.open(fileobj=box, mode="w:gz") as archive:
            for member, text in (("./all/2026-01.csv", LOG), ("./all/readme.txt", b"no log")):
                info = tarfile.TarInfo(member)
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text))
        content = box.getvalue()
    path = card(content, name, pattern="*.csv")
    got = get(path)
    assert [p.name for p in got.downloaded] == ["log.csv" if name.endswith(".csv.gz") else "2026-01.csv"]
    assert events.load(path).n_rows == 20_000 and not list(cache.rglob("readme.txt"))
    assert get(path).downloaded == []


@pytest.mark.parametrize("name", ["../../evil.csv", "/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:evil.csv"])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_path_that_leads_out_is_refused_and_nothing_is_left(card, cache, tmp_path, name, kind):
    if kind == "zip":
        content = zipped(**{"good.csv": LOG, name: b"evil"})
    else:
        box = io.BytesIO()
        with tarfile.open(fileobj=box, mode="w:gz") as archive:
            for member in ("good.csv", name):
                info = tarfile.TarInfo(member)
                info.size = 4
                archive.addfile(info, io.BytesIO(b"evil"))
        content = box.getvalue()
    path = card(content, f"log.{kind}", pattern="*.csv")
    with pytest.raises(InputError, match="leads out of the folder"):
        get(path)
    assert not list(tmp_path.rglob("*evil*")) and not list(tmp_path.rglob("good.csv"))


def test_a_link_in_an_archive_is_refused(card, cache, tmp_path):
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w:gz") as archive:
        info = tarfile.TarInfo("log.csv")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(InputError, match="link"):
        get(card(box.getvalue(), "log.tar.gz", pattern="*.csv"))
    assert not (cache / "log.csv").is_symlink()


def test_a_bomb_does_not_go_off(card, cache):
    bomb = zipped(**{"log.csv": b"\0" * (96 << 20)})
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match="200 times its size"):
        get(card(bomb, "log.zip", pattern="*.csv"))
    assert sorted(p.name for p in cache.iterdir()) == [".lock", "log.zip"]


@pytest.mark.parametrize("content", [b"no archive at all", zipped(**{"log.csv": LOG})[:-40], zipped(**{"x.txt": b""})])
def test_broken_archives_and_those_without_the_file(card, cache, content):
    with pytest.raises(InputError, match=r"broken|No file '\*\.csv'"):
        get(card(content, "log.zip", pattern="*.csv"))
    assert not list(cache.glob("*.csv"))


def test_a_log_behind_a_login_says_page_file_and_place(card, cache):
    path = card(LOG, sha256="")
    with pytest.raises(MissingFileError) as caught:
        get(path)
    message = str(caught.value)
    assert "http://127.0.0.1" in message and "download log.csv" in message and str(cache) in message
    assert not cache.exists()
    cache.mkdir(parents=True)
    (cache / "log.csv").write_bytes(LOG)
    assert get(path).files == [cache / "log.csv"]


@pytest.mark.parametrize("name", [name for name in events.list_cards() if not events.find_card(name).shipped])
def test_every_card_can_be_fetched_or_says_where(name, cache):
    card = events.find_card(name)
    if any(spec.sha256 for spec in card.files):
        return
    with pytest.raises(MissingFileError, match=r"Open https://.*download .* and put .*into"):
        get(name)


def test_what_ships_is_there():
    got = get("open-bandit-sample")
    assert len(got.files) > 5 and got.downloaded == []


def test_two_at_once_do_not_write_one_file(card, cache):
    fcntl = pytest.importorskip("fcntl")
    path = card(LOG)
    cache.mkdir(parents=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="Another process"):
            get(path)


def chunked(handler, content):
    """No length, and more than there should be."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for begin in range(0, len(content), 10_000):
            piece = content[begin : begin + 10_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")


def endless(handler, content):
    handler.protocol_version = "HTTP/1.0"
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(2_000):
            handler.wfile.write(content)


def drips(handler, content):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    with contextlib.suppress(OSError):
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            handler.wfile.flush()
            time.sleep(0.02)


def test_a_file_without_a_length_comes_whole(card, cache, server):
    path, server.spoils = card(LOG), chunked
    get(path)
    assert (cache / "log.csv").read_bytes() == LOG


@pytest.mark.parametrize("spoils", [None, chunked, endless])
@pytest.mark.parametrize("said", ["card", "limit"])
def test_no_more_is_written_than_was_said(card, cache, server, monkeypatch, spoils, said):
    path, server.spoils = card(LOG), spoils
    if said == "card":
        path.write_text(
            path.read_text().replace('pattern = "log.csv",', f'pattern = "log.csv", size = {len(LOG) - 1},')
        )
    else:
        monkeypatch.setattr(downloading, "LARGEST", len(LOG) - 1)
    most = []
    with pytest.raises(InputError, match=f"larger than {len(LOG) - 1:,} bytes"):
        get(path, progress=lambda event: most.append((cache / "log.csv.part").stat().st_size))
    assert max(most, default=0) < len(LOG)
    assert [p.name for p in cache.iterdir()] == [".lock"]


def test_a_server_that_drips_is_given_up(card, cache, server, monkeypatch):
    path, server.spoils = card(LOG), drips
    monkeypatch.setattr(downloading, "TIMEOUT", 0.3)
    began = time.monotonic()
    with pytest.raises(InputError, match=r"too slow.*run the same command again"):
        get(path)
    assert time.monotonic() - began < 10 and (cache / "log.csv.part").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_a_killed_download_leaves_what_it_goes_on_with_and_no_more(card, cache, server, name):
    path, server.spoils = card(LOG), drips
    command = [sys.executable, "-m", "rlbench_rec", "data", "get", str(path)]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not (cache / "log.csv.part").exists():
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)
    run.send_signal(getattr(signal, name))
    _, err = run.communicate(timeout=30)
    assert "Traceback" not in err and run.returncode in (143, -9)
    assert sorted(p.name for p in cache.iterdir()) == [".lock", "log.csv.part"]
    server.spoils = None
    get(path)
    assert sorted(p.name for p in cache.iterdir()) == [".lock", "log.csv"]


def test_a_disk_that_is_too_small_is_seen_beforehand(card, cache, server):
    path = card(LOG)
    path.write_text(path.read_text().replace('pattern = "log.csv",', f'pattern = "log.csv", size = {10**18},'))
    with pytest.raises(OutputError, match="are needed"):
        get(path)
    assert not server.asked
