"""An auditor follows a published log from outside, and finds whatever does not only grow."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from claimledger import (
    ClaimLedgerError,
    InvalidInput,
    KeyNotAllowed,
    Ledger,
    LogUnavailable,
    MalformedNote,
    NotWitnessed,
    RolledBack,
    SplitView,
    VerificationFailed,
    WrongLedger,
    WrongProof,
    WrongTile,
)
from claimledger.cli import app
from claimledger.cosignatures import WitnessPolicy
from claimledger.log_client import LogClient
from claimledger.log_places import FolderPlace, place_of
from claimledger.log_web import WebPlace
from claimledger.testing import seeded_keyring
from claimledger.tiles import decode_bundle, encode_bundle
from claimledger.witness import Witness
from tests.ledger.published import (
    ORIGIN,
    files_of,
    grow,
    keys_of,
    leaves_of,
    ledger_in_memory,
    served,
    serving,
)

SEEN_AT = datetime(2026, 11, 25, 9, 12, 44, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="module")
def world() -> Iterator[Ledger]:
    with ledger_in_memory() as ledger:
        grow(ledger, 600)
        yield ledger


@pytest.fixture(scope="module")
def published(world: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 events, published once; not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    world.publish(folder)
    return folder


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with ledger_in_memory() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def copy(published: Path, folder: Path) -> Path:
    """600 events, published; to be changed."""
    shutil.copytree(published, folder)
    return folder


class Counting:
    """A folder that counts what is read."""

    def __init__(self, folder: Path) -> None:
        self._place = FolderPlace(folder)
        self.asked: list[str] = []

    def read(self, path: str, limit: int) -> bytes:
        self.asked.append(path)
        return self._place.read(path, limit)


def test_a_log_is_seen_for_the_first_time_and_then_followed(
    ledger: Ledger, folder: Path, state: Path
) -> None:
    grow(ledger, 72)
    ledger.publish(folder)
    client = LogClient(folder, keys_of(ledger), state=state, clock=lambda: SEEN_AT)
    first = client.follow()
    assert (first.before, first.checkpoint.size) == (None, 72)
    grow(ledger, 80)
    ledger.publish(folder)
    second = client.follow()
    assert second.before is not None
    assert (second.before.checkpoint.size, second.before.at, second.checkpoint.size) == (72, SEEN_AT, 80)
    third = client.follow()
    assert third.before is not None
    assert (third.before.checkpoint.size, third.checkpoint.size) == (80, 80)


@settings(max_examples=6, deadline=None)
@given(sizes=st.lists(st.integers(3, 540), min_size=1, max_size=4).map(sorted), data=st.data())
def test_however_a_log_grew_a_follower_has_the_same_leaves(
    sizes: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("published")
    with ledger_in_memory() as ledger:
        client = LogClient(folder / "log", keys_of(ledger), state=folder / "state", mirror=folder / "mirror")
        for size in sizes:
            grow(ledger, size)
            ledger.publish(folder / "log")
            if data.draw(st.booleans(), label="looks now"):
                client.follow()
        assert client.follow().checkpoint.size == sizes[-1]
        keys, leaves = keys_of(ledger), leaves_of(ledger, sizes[-1])
        for index, leaf in enumerate(leaves):
            client.holds(index, leaf)
    mirror = files_of(folder / "mirror")
    assert mirror.items() <= files_of(folder / "log").items()
    again = LogClient(folder / "mirror", keys, state=folder / "state2")
    assert again.follow().checkpoint.size == sizes[-1], "a mirror can be served"


def test_only_what_is_new_is_read(ledger: Ledger, folder: Path, state: Path) -> None:
    grow(ledger, 600)
    ledger.publish(folder)
    place = Counting(folder)
    client = LogClient(place, keys_of(ledger), state=state)
    client.follow()
    assert sorted(place.asked) == sorted(files_of(folder)), "each file, once"
    place.asked.clear()
    client.follow()
    assert set(place.asked) == {"checkpoint", "tile/0/002.p/88", "tile/1/000.p/2"}
    grow(ledger, 601)
    ledger.publish(folder)
    place.asked.clear()
    client.follow()
    assert set(place.asked) == {
        "checkpoint",
        "tile/0/002.p/89",
        "tile/1/000.p/2",
        "tile/entries/002.p/89",
    }


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(
    ledger: Ledger, folder: Path, state: Path
) -> None:
    grow(ledger, 100)
    ledger.publish(folder)
    older = (folder / "checkpoint").read_bytes()
    grow(ledger, 256)
    ledger.publish(folder)
    (folder / "checkpoint").write_bytes(older)
    found = LogClient(folder, keys_of(ledger), state=state).follow()
    assert found.checkpoint.size == 100


# What is changed is found


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_change_of_a_single_file_is_found(
    data: st.DataObject, world: Ledger, published: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = files_of(published)
    path = data.draw(st.sampled_from(sorted(files)))
    raw = files[path]
    how = data.draw(st.sampled_from(["flip", "cut", "longer", "other", "empty"]))
    if how == "flip":
        at, by = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(1, 255))
        changed = raw[:at] + bytes([raw[at] ^ by]) + raw[at + 1 :]
    elif how == "cut":
        changed = raw[: data.draw(st.integers(1, len(raw) - 1))]
    elif how == "longer":
        changed = raw + data.draw(st.binary(min_size=1, max_size=40))
    elif how == "other":
        changed = files[data.draw(st.sampled_from(sorted(set(files) - {path})))]
    else:
        changed = b""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(published, folder / "log")
    (folder / "log" / path).write_bytes(changed)
    client = LogClient(folder / "log", keys_of(world), state=folder / "state")
    with pytest.raises(VerificationFailed):
        client.follow()
    assert not (folder / "state").exists(), "nothing is remembered that was not found right"


def test_every_file_that_is_missing_is_missed(world: Ledger, published: Path, tmp_path: Path) -> None:
    for number, path in enumerate(files_of(published)):
        folder = tmp_path / str(number)
        shutil.copytree(published, folder)
        (folder / path).unlink()
        with pytest.raises(LogUnavailable, match=f"^{path}: not in the folder"):
            LogClient(folder, keys_of(world), state=tmp_path / "state").follow()


def test_a_tile_in_anothers_place_is_named(world: Ledger, copy: Path, state: Path) -> None:
    shutil.copy(copy / "tile/0/001", copy / "tile/0/000")
    with pytest.raises(WrongTile, match=r"^tile/0/000: does not lead to the signed root"):
        LogClient(copy, keys_of(world), state=state).follow()


def test_an_entry_that_was_changed_is_named(world: Ledger, copy: Path, state: Path) -> None:
    bundle = copy / "tile/entries/001"
    entries = decode_bundle(bundle.read_bytes(), 256)
    entries[5] = entries[6]
    bundle.write_bytes(encode_bundle(entries))
    with pytest.raises(WrongTile, match=r"^tile/entries/001: entry 5 is not the one .* at index 261"):
        LogClient(copy, keys_of(world), state=state).follow()


@pytest.mark.parametrize("length", [0, 32, 127, 129, 32 + 96 * 17])
def test_an_entry_of_another_length_is_refused(length: int, world: Ledger, copy: Path, state: Path) -> None:
    bundle = copy / "tile/entries/000"
    entries = decode_bundle(bundle.read_bytes(), 256)
    bundle.write_bytes(encode_bundle([bytes(length), *entries[1:]]))
    with pytest.raises(WrongTile, match=f"^tile/entries/000: (entry 0 has {length} bytes|more than)"):
        LogClient(copy, keys_of(world), state=state).follow()


def test_a_partial_tile_that_is_longer_is_refused(world: Ledger, copy: Path, state: Path) -> None:
    tile = copy / "tile/0/002.p/88"
    tile.write_bytes(tile.read_bytes() + bytes(32))
    with pytest.raises(WrongTile, match=r"tile/0/002.p/88: more than the 2816 bytes"):
        LogClient(copy, keys_of(world), state=state).follow()


# What the log says of itself


def test_an_old_checkpoint_is_found(ledger: Ledger, folder: Path, state: Path, tmp_path: Path) -> None:
    grow(ledger, 72)
    ledger.publish(folder)
    shutil.copytree(folder, tmp_path / "old")
    grow(ledger, 80)
    ledger.publish(folder)
    keys = keys_of(ledger)
    LogClient(folder, keys, state=state, clock=lambda: SEEN_AT).follow()
    with pytest.raises(RolledBack, match="shows 72 events, where 80 were seen on 2026-11-25 09:12 UTC"):
        LogClient(tmp_path / "old", keys, state=state).follow()
    assert LogClient(folder, keys, state=state).follow().checkpoint.size == 80, "what was seen stays so"


@pytest.mark.parametrize("size", [70, 80, 90])
def test_a_second_history_is_found_and_its_checkpoint_kept(
    size: int, ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 80)
    ledger.publish(folder)
    keys = keys_of(ledger)
    LogClient(folder, keys, state=state, mirror=tmp_path / "mirror").follow()
    with ledger_in_memory(ids=b"another history") as other:
        grow(other, size)
        other.publish(tmp_path / "other")
    before = state.read_bytes()
    with pytest.raises(SplitView, match="two histories") as found:
        LogClient(tmp_path / "other", keys, state=state, mirror=tmp_path / "mirror").follow()
    kept = [path for path in tmp_path.iterdir() if path.name.startswith("state.split-")]
    assert [path.read_bytes() for path in kept] == [(tmp_path / "other/checkpoint").read_bytes()]
    assert str(kept[0]) in str(found.value)
    assert state.read_bytes() == before
    assert files_of(tmp_path / "mirror") == files_of(folder), "the mirror keeps what was seen first"


def test_tiles_of_another_history_do_not_stand_in_for_a_second_checkpoint(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 80)
    ledger.publish(folder)
    LogClient(folder, keys_of(ledger), state=state).follow()
    grow(ledger, 90)
    ledger.publish(folder)
    with ledger_in_memory(ids=b"another history") as other:
        grow(other, 90)
        other.publish(tmp_path / "other")
    shutil.copy(tmp_path / "other/tile/0/000.p/90", folder / "tile/0/000.p/90")
    with pytest.raises(WrongTile):
        LogClient(folder, keys_of(ledger), state=state).follow()


def test_two_auditors_who_are_shown_two_histories_find_out_by_a_checkpoint(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 80)
    ledger.publish(folder)
    with ledger_in_memory(ids=b"another history") as other:
        grow(other, 75)
        other.publish(tmp_path / "other")
        told = (tmp_path / "other/checkpoint").read_bytes()
    client = LogClient(folder, keys_of(ledger), state=state)
    client.follow()
    assert client.agrees((folder / "checkpoint").read_bytes()).size == 80
    with pytest.raises(SplitView, match="that came another way"):
        client.agrees(told)
    with pytest.raises(MalformedNote):
        client.agrees(b"nothing")


def test_checkpoints_of_every_time_are_of_one_history(ledger: Ledger, folder: Path, state: Path) -> None:
    for size in (72, 256, 300):
        grow(ledger, size)
    ledger.publish(folder)
    client = LogClient(folder, keys_of(ledger), state=state)
    with pytest.raises(InvalidInput, match="follow the log first"):
        client.agrees((folder / "checkpoint").read_bytes())
    client.follow()
    assert [client.agrees(each.data).size for each in ledger.checkpoints()] == [72, 256, 300]


def test_a_checkpoint_that_the_logs_keys_did_not_all_sign_is_refused(
    world: Ledger, copy: Path, state: Path
) -> None:
    note = (copy / "checkpoint").read_bytes()
    (copy / "checkpoint").write_bytes(b"".join(note.splitlines(keepends=True)[:-1]))
    with pytest.raises(KeyNotAllowed):
        LogClient(copy, keys_of(world), state=state).follow()


def test_another_log_is_not_taken_for_this_one(
    world: Ledger, published: Path, state: Path, tmp_path: Path
) -> None:
    with Ledger.create("memory:", origin="example.org/other", keys=seeded_keyring(b"other")) as other:
        grow(other, 10)
        other.publish(tmp_path / "other")
        keys = keys_of(other)
    LogClient(published, keys_of(world), state=state).follow()
    with pytest.raises(WrongLedger):
        LogClient(tmp_path / "other", keys_of(world), state=state).follow()
    with pytest.raises(InvalidInput, match="keep a file of its own for each log"):
        LogClient(tmp_path / "other", keys, state=state).follow()
    with pytest.raises(InvalidInput, match="all of them, and of no other log"):
        LogClient(published, [*keys, *keys_of(world)], state=state)
    with pytest.raises(InvalidInput, match="all of them"):
        LogClient(published, [], state=state)


def test_witnesses_that_are_asked_for_must_have_cosigned(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    witness = Witness.create(tmp_path / "w", name="witness.example.org/w", passphrase=None, plain=True)
    witness.add_log(ledger.log_keys)
    grow(ledger, 10)
    ledger.publish(folder)
    client = LogClient(folder, keys_of(ledger), state=state, policy=WitnessPolicy(witness.keys, 1))
    with pytest.raises(NotWitnessed):
        client.follow()
    assert not state.exists()
    ledger.add_cosignatures(witness.cosign(ledger.witness_request()), witness.keys)
    ledger.publish(folder)
    found = client.follow()
    assert [each.key.name for each in found.cosignatures] == ["witness.example.org/w"]


def test_when_the_logs_keys_change_what_was_seen_goes_on(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 72)
    ledger.publish(folder)
    before = keys_of(ledger)
    mirror = tmp_path / "mirror"
    LogClient(folder, before, state=state, mirror=mirror).follow()
    (quantum,) = [each.keyid for each in ledger.keys.active("log") if each.algorithm == "ml-dsa-44"]
    ledger.revoke_key(quantum, "replaced")
    grow(ledger, 80)
    assert ledger.publish(folder).before == 72
    with pytest.raises(KeyNotAllowed):
        LogClient(folder, before, state=state, mirror=mirror).follow()
    after = keys_of(ledger)
    assert len(after) == 1
    found = LogClient(folder, after, state=state, mirror=mirror).follow()
    assert found.before is not None
    assert (found.before.checkpoint.size, found.checkpoint.size) == (72, 80)
    assert files_of(mirror).items() <= files_of(folder).items()


def test_one_key_is_enough_to_open_but_all_that_are_given_must_have_signed(
    world: Ledger, published: Path, tmp_path: Path
) -> None:
    for number, key in enumerate(keys_of(world)):
        LogClient(published, [key], state=tmp_path / str(number)).follow()
    stranger = keys_of_another()
    with pytest.raises(KeyNotAllowed):
        LogClient(published, [*keys_of(world), stranger], state=tmp_path / "state").follow()


def keys_of_another() -> str:
    with ledger_in_memory(b"a stranger's keys") as stranger:
        return keys_of(stranger)[0]


# A mirror


def test_what_was_changed_in_a_mirror_is_read_anew_and_mended(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 300)
    ledger.publish(folder)
    mirror = tmp_path / "mirror"
    LogClient(folder, keys_of(ledger), state=state, mirror=mirror).follow()
    for path in ("tile/0/001.p/44", "tile/0/000", "tile/entries/001.p/44"):
        (mirror / path).write_bytes(b"changed")
    (mirror / "checkpoint").unlink()
    LogClient(folder, keys_of(ledger), state=state, mirror=mirror).follow()
    assert files_of(mirror) == files_of(folder)


def test_a_mirror_saves_what_it_has_from_being_read_again(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 300)
    ledger.publish(folder)
    mirror = tmp_path / "mirror"
    LogClient(folder, keys_of(ledger), state=state, mirror=mirror).follow()
    state.unlink()
    place = Counting(folder)
    LogClient(place, keys_of(ledger), state=state, mirror=mirror).follow()
    assert place.asked == ["checkpoint"]


def test_a_mirror_remembers_more_than_a_state_that_was_lost(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    grow(ledger, 72)
    ledger.publish(folder)
    shutil.copytree(folder, tmp_path / "old")
    grow(ledger, 80)
    ledger.publish(folder)
    LogClient(folder, keys_of(ledger), state=state, mirror=tmp_path / "mirror").follow()
    state.unlink()
    with pytest.raises(RolledBack, match="the mirror has 80"):
        LogClient(tmp_path / "old", keys_of(ledger), state=state, mirror=tmp_path / "mirror").follow()


# The state


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "null", '{"version": 2}', '{"version": 1, "seen_at": 1, "checkpoint": 1}', "[" * 9999],
)
def test_a_state_that_is_none_is_said(content: str, world: Ledger, published: Path, state: Path) -> None:
    state.write_text(content)
    with pytest.raises(InvalidInput, match="does not hold what was seen of a log"):
        LogClient(published, keys_of(world), state=state).follow()


@given(content=st.binary(max_size=200))
def test_whatever_a_state_holds_only_our_errors_are_raised(
    content: bytes, world: Ledger, published: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = tmp_path_factory.mktemp("state") / "state"
    state.write_bytes(content)
    with pytest.raises(ClaimLedgerError):
        LogClient(published, keys_of(world), state=state).follow()


# Events


def test_an_event_that_was_written_out_is_looked_up(
    world: Ledger, published: Path, state: Path, tmp_path: Path
) -> None:
    leaf = leaves_of(world, 600)[431]
    world.export_event(leaf, tmp_path / "event")
    client = LogClient(published, keys_of(world), state=state)
    client.follow()
    assert client.holds_exported(tmp_path / "event") == (431, leaf)
    with pytest.raises(WrongProof, match="index 430: another event is there"):
        client.holds(430, leaf)
    with pytest.raises(LogUnavailable, match="has 600 events so far"):
        client.holds(600, leaf)
    world.export_event(leaves_of(world, 600)[7], tmp_path / "other")
    shutil.copy(tmp_path / "other/event.json", tmp_path / "event/event.json")
    with pytest.raises(WrongProof):
        client.holds_exported(tmp_path / "event")
    with pytest.raises(InvalidInput, match="claimledger prove writes it"):
        client.holds_exported(tmp_path)


# Over HTTP


def test_a_log_is_followed_over_http(ledger: Ledger, folder: Path, state: Path) -> None:
    grow(ledger, 300)
    ledger.publish(folder)
    with served(folder) as server:
        client = LogClient(server.address + "/", keys_of(ledger), state=state)
        assert client.follow().checkpoint.size == 300
        assert sorted(server.asked) == sorted(f"/{path}" for path in files_of(folder))
        grow(ledger, 310)
        ledger.publish(folder)
        server.asked.clear()
        assert client.follow().checkpoint.size == 310
        assert len(server.asked) == 4
        (folder / "tile/entries/001.p/54").unlink()
        with pytest.raises(
            LogUnavailable, match=r"tile/entries/001.p/54: not to be had from http.*: HTTP 404"
        ):
            LogClient(server.address, keys_of(ledger), state=state.with_name("new")).follow()


def test_over_http_each_file_is_read_once_though_several_are_read_ahead(
    world: Ledger, published: Path, state: Path, tmp_path: Path
) -> None:
    with served(published) as server:
        client = LogClient(server.address, keys_of(world), state=state, mirror=tmp_path / "mirror")
        client.follow()
        assert sorted(server.asked) == sorted(f"/{path}" for path in files_of(published))
        assert files_of(tmp_path / "mirror") == files_of(published)
        server.asked.clear()
        state.unlink()
        client.follow()
        assert server.asked == ["/checkpoint"], "the mirror has the rest"


def test_what_fails_while_it_is_read_ahead_is_said_when_it_is_asked_for(
    world: Ledger, copy: Path, state: Path
) -> None:
    (copy / "tile/entries/001").unlink()
    with served(copy) as server:
        seen: list[int] = []
        with pytest.raises(LogUnavailable, match=r"^tile/entries/001: not to be had .* HTTP 404"):
            LogClient(server.address, keys_of(world), state=state).follow(seen.append)
        assert seen == [256]


Answer = Callable[[BaseHTTPRequestHandler], None]


def answering(answer: Answer) -> type[BaseHTTPRequestHandler]:
    """A handler that answers every request in one way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 65536)
    except OSError:
        pass


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (sends(b"<html>" * 9), WrongTile, "more than the 32 bytes"),
        (sends(b"x" * 10_000_000), WrongTile, "more than the 32 bytes"),
        (endless, WrongTile, "more than the 32 bytes"),
        (sends(gzip.compress(bytes(100_000_000)), Content_Encoding="gzip"), WrongTile, "more than the 32"),
        (sends(b"no gzip", Content_Encoding="gzip"), LogUnavailable, "gzip"),
        (sends(gzip.compress(bytes(32))[:-4], Content_Encoding="gzip"), LogUnavailable, "broken off"),
        (sends(b"x", Content_Encoding="br"), LogUnavailable, "not asked for"),
        (sends(b"short", Content_Length="31"), LogUnavailable, "broken off"),
        (sends(b"x", Transfer_Encoding="chunked"), LogUnavailable, "not to be had"),
        (
            sends(b"", 301, Location="https://example.org/new"),
            LogUnavailable,
            "moved to 'https://example.org/new'",
        ),
        (sends(b"", 500), LogUnavailable, "HTTP 500"),
        (sends(b"", 304), LogUnavailable, "HTTP 304"),
        (lambda handler: handler.wfile.write(b"\0\1\2 nothing of HTTP"), LogUnavailable, "not to be had"),
        (
            lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 999),
            LogUnavailable,
            "not to",
        ),
        (lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), LogUnavailable, "not to be had"),
    ],
)
def test_whatever_a_server_answers_is_bounded_and_raises_our_errors(
    answer: Answer, error: type[ClaimLedgerError], said: str
) -> None:
    with serving(answering(answer)) as server, pytest.raises(error, match=said):
        WebPlace(server.address).read("tile/0/000.p/1", 32)


def test_gzip_is_unpacked() -> None:
    with serving(answering(sends(gzip.compress(bytes(32)), Content_Encoding="gzip"))) as server:
        assert WebPlace(server.address).read("tile/0/000.p/1", 32) == bytes(32)


def test_a_log_is_followed_over_tls(
    world: Ledger, published: Path, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    with served(published) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        address = f"https://localhost:{server.server_port}"
        with pytest.raises(LogUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            LogClient(address, keys_of(world), state=state).follow()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert LogClient(address, keys_of(world), state=state).follow().checkpoint.size == 600


def self_signed(folder: Path) -> Path:
    """A certificate for localhost with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return file


def test_a_server_that_never_answers_is_waited_for_no_longer_than_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = WebPlace(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05)
        with pytest.raises(LogUnavailable, match="timed out"):
            place.read("checkpoint", 100)


@pytest.mark.parametrize("begins", [b"", b"HTTP/1.1 200 OK\r\nA: b", b"HTTP/1.1 200 OK\r\n\r\nbegun"])
def test_an_answer_that_drips_is_given_up(begins: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claimledger.log_web.MAX_SECONDS", 0.1)
    done = threading.Event()

    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begins)
        done.wait(20)

    with serving(answering(drips)) as server:
        try:
            with pytest.raises(LogUnavailable, match=r"checkpoint: .*(took more|timed out)"):
                WebPlace(server.address, timeout=15).read("checkpoint", 100)
        finally:
            done.set()


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "https://user:word@example.org",
        "https://example.org/?a=b",
        "http://example.org:x",
        "ftp://a/b",
        "https://example.org/#x",
        "http://[::1",
        "https://exämple.org",
    ],
)
def test_what_is_no_address_of_a_log_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        place_of(address)


# The command


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["monitor", *map(str, arguments)])
    return done.exit_code, done.output


def test_the_command_says_in_plain_words_what_it_found(
    ledger: Ledger, folder: Path, state: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "log.keys"
    keys.write_text("\n".join(keys_of(ledger)) + "\n")
    asked = (folder, "--key", keys, "--state", state)
    assert run(*asked) == (3, f"error: checkpoint: not in the folder {folder}\n")
    grow(ledger, 72)
    ledger.publish(folder)
    shutil.copytree(folder, tmp_path / "old")
    status, said = run(*asked)
    assert (status, said.splitlines()[0]) == (
        0,
        f"{ORIGIN}: 72 events, seen for the first time; every entry leads to the signed root",
    )
    grow(ledger, 80)
    ledger.publish(folder)
    status, said = run(*asked)
    assert status == 0
    assert said.startswith(f"{ORIGIN} grew from 72 to 80 events, consistent with what you saw on 20")
    status, said = run(*asked)
    assert (status, said.startswith(f"{ORIGIN}: 80 events, the same as on 20")) == (0, True)
    status, said = run(tmp_path / "old", *asked[1:])
    assert (status, "shows 72 events, where 80 were seen" in said) == (1, True)
    status, said = run(tmp_path / "old", *asked[1:], "--json")
    found = json.loads(said)
    assert (status, found["holds"], found["code"]) == (1, False, "log.rolled_back")


def test_the_command_looks_events_and_checkpoints_up(
    world: Ledger, published: Path, state: Path, tmp_path: Path
) -> None:
    world.export_event(leaves_of(world, 600)[5], tmp_path / "event")
    keys = [part for key in keys_of(world) for part in ("--key", key)]
    looked = ("--event", tmp_path / "event", "--checkpoint", published / "checkpoint")
    status, said = run(published, *keys, "--state", state, *looked)
    assert status == 0
    assert "in the log, at index 5" in said
    assert "of 600 events, the same history" in said
    status, said = run(published, *keys, "--state", state, *looked, "--json")
    found = json.loads(said)
    assert (status, found["holds"], found["size"], found["before"]["size"]) == (0, True, 600, 600)
    assert found["events"][0]["index"] == 5
    assert found["checkpoints"][0]["size"] == 600


def test_the_command_asks_for_witnesses(ledger: Ledger, folder: Path, state: Path, tmp_path: Path) -> None:
    witness = Witness.create(tmp_path / "w", name="witness.example.org/w", passphrase=None, plain=True)
    witness.add_log(ledger.log_keys)
    grow(ledger, 10)
    ledger.publish(folder)
    keys = [part for key in keys_of(ledger) for part in ("--key", key)]
    asked = (folder, *keys, "--state", state, "--witness", witness.keys[0])
    assert run(*asked)[0] == 3
    status, said = run(*asked, "--json")
    assert (status, json.loads(said)["code"]) == (3, "unchecked.witnesses")
    ledger.add_cosignatures(witness.cosign(ledger.witness_request()), witness.keys)
    ledger.publish(folder)
    status, said = run(*asked, "--witnesses", 1)
    assert (status, "cosigned by witness.example.org/w, 20" in said) == (0, True)
    assert run(folder, *keys, "--state", state, "--witnesses", 1)[0] == 2


def test_following_takes_no_ledger_and_no_store() -> None:
    code = (
        "import sys, claimledger.log_client, claimledger.cli_publish\n"
        "print(sorted({'eventsourcing', 'sqlite3', 'claimledger.store', 'claimledger.ledger'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
