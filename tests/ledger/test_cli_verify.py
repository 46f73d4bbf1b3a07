"""`verify` tells an auditor who vouches for which part of a ledger, in words, in JSON and by its status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from claimledger import Keyring, Ledger
from claimledger.cli import app
from claimledger.cosignatures import CosignatureSigner
from claimledger.events.entities import Organisation, Person
from claimledger.events.kinds import Death
from claimledger.notes import Note, SignatureLine
from claimledger.report import MEANINGS, Dispute
from claimledger.testing import seeded_keyring

TIME = 1_751_600_000  # 2025-07-04 03:33:20 UTC
WITNESSES = [
    CosignatureSigner(name, Keyring.in_memory(seed=name.encode()).recorder, lambda: TIME)
    for name in ("w1.example.org", "w2.example.org")
]

Verify = Callable[..., tuple[int, str]]


class Audited:
    """A closed ledger, sealed at 6 and 8 of its 10 events; the second checkpoint has two witnesses."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "a.ledger"
        with Ledger.create(self.path, origin="example.org/told", keys=seeded_keyring(b"told")) as ledger:
            self.id = ledger.id
            case = ledger.create_case("harbour", title="A case")
            case.register_entity("man", Person(label="A man"))
            case.register_entity("ngo", Organisation(label="An NGO"))
            for size in (6, 8, 10):
                while ledger.size < size:
                    case.record(Death(person="man"), asserter="ngo")
                if size < 10:
                    (folder / f"{size}.checkpoint").write_bytes(ledger.seal().data)
            note = Note.from_bytes((folder / "8.checkpoint").read_bytes())
            lines = [SignatureLine(w.key.name, w.key.key_id, w.sign(note.text)) for w in WITNESSES]
            ledger.add_cosignatures("".join(map(str, lines)).encode(), [w.key for w in WITNESSES], size=8)
        (folder / "policy").write_text(
            "# whom we trust\nwitnesses 2\n" + "".join(f"{w.key}  # a witness\n" for w in WITNESSES)
        )
        self.folder = folder


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return Audited(tmp_path_factory.mktemp("told"))


@pytest.fixture
def verify(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Verify:
    monkeypatch.chdir(audited.folder)

    def run(*options: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["verify", "a.ledger", "--trust", audited.id, *options])
        return result.exit_code, result.output

    return run


def test_who_vouches_for_which_part_is_told_in_lines(verify: Verify) -> None:
    status, said = verify("--checkpoint", "6.checkpoint", "--policy", "policy")
    assert status == 0
    assert "10 events, 1 ledger, 4 keys: every signature, chain and index holds" in said
    lines = said.splitlines()
    assert "  index 0 to 5  vouched for by the checkpoint 6.checkpoint" in lines
    at = next(number for number, line in enumerate(lines) if line.startswith("  index 6 to 7 "))
    assert (
        " ".join(" ".join(lines[at : at + 2]).split())
        == "index 6 to 7 vouched for by witness w1.example.org at 2025-07-04 03:33 UTC, "
        "witness w2.example.org at 2025-07-04 03:33 UTC"
    )
    assert "  index 8 to 9  not sealed: nobody vouches for order or end" in lines
    assert "nobody outside vouches for what follows index 7" in said
    assert "complete" not in said


def test_without_anybody_outside_only_the_log_keys_word_is_left(verify: Verify) -> None:
    status, said = verify()
    assert status == 0
    assert "  index 0 to 7  sealed: on the word of whoever holds the log's keys" in said
    assert "nothing outside this file vouches for its end" in said
    assert "keep a checkpoint elsewhere: claimledger seal" in said


def test_an_anchor_must_reach_the_last_event_where_one_is_required(verify: Verify) -> None:
    status, said = verify("--checkpoint", "8.checkpoint", "--require-anchor")
    assert status == 3
    assert "nobody outside vouches for the last event of this ledger, and --require-anchor asks" in said


def test_witnesses_are_named_by_key_or_by_policy(verify: Verify) -> None:
    keys = [part for w in WITNESSES for part in ("--witness", str(w.key))]
    assert verify(*keys)[0] == 0
    assert verify(*keys[:2], "--witnesses", "1")[0] == 0
    stranger = CosignatureSigner("w9", Keyring.in_memory(seed=b"w9").recorder, lambda: TIME)
    status, said = verify(*keys, "--witness", str(stranger.key))
    assert status == 3
    assert "nobody whom you trust vouches for any checkpoint" in " ".join(said.split())
    assert "[unchecked.witnesses]" in said
    assert verify(*keys, "--witness", str(stranger.key), "--witnesses", "2")[0] == 0


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (("--policy", "policy", "--witnesses", "1"), 2, "say --policy, or --witness"),
        (("--witnesses", "1"), 2, "name each with --witness"),
        (("--witness", "w1+00000000+AAAA"), 1, "verifier key"),
        (("--policy", "nothing.here"), 1, "cannot be read"),
        (("--policy", "6.checkpoint"), 1, "witnesses N"),
        (("--checkpoint", "policy"), 1, "policy: no checkpoint"),
        (("--authorities", "policy"), 1, "PEM"),
        (("--since", "policy"), 1, "the report of an earlier audit"),
    ],
)
def test_what_an_auditor_brings_is_read_with_care(
    verify: Verify, options: tuple[str, ...], status: int, said: str
) -> None:
    found = verify(*options)
    assert found[0] == status
    assert said in found[1]
    assert "Traceback" not in found[1]


def test_a_report_is_gone_on_from(verify: Verify, audited: Audited) -> None:
    (audited.folder / "report.json").write_text(verify("--json")[1])
    status, said = verify("--since", "report.json")
    assert status == 0
    assert "2 new events, 1 ledger" in said
    assert "  index 0 to 7  verified in your earlier audit, and not again" in said
    report = json.loads(verify("--since", "report.json", "--json")[1])
    assert (report["since"], report["events"], report["key_stream"]["events"]) == (8, 2, 2)


def test_the_report_in_json_has_ranges_and_checkpoints(verify: Verify, audited: Audited) -> None:
    report: dict[str, Any] = json.loads(verify("--policy", "policy", "--json")[1])
    assert [(each["first"], each["last"], each["standing"]) for each in report["ranges"]] == [
        (0, 7, "anchored"),
        (8, 9, "unsealed"),
    ]
    assert report["ranges"][0]["by"][0] == {
        "by": "w1.example.org",
        "kind": "witness",
        "at": "2025-07-04T03:33:20.000000Z",
    }
    assert (report["checkpoints"], report["disputed"], report["disputes"], report["since"]) == (2, 0, [], 0)
    assert report["checkpoint"].startswith("example.org/told\n8\n")


def test_disputed_events_are_shown_and_are_not_plainly_all_that_was_asked(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with Ledger.create(place, origin="example.org/told", keys=seeded_keyring(b"told")) as ledger:
        ledger.create_case("harbour", title="A case")
        ledger.create_case("quay", title="A case")
        ledger.add_key(Keyring.in_memory(seed=b"b").recorder, "Recorder B")
        first = ledger.keys.active("recorder")[0].keyid
        ledger.revoke_key(first, "its laptop was stolen", 3)
        pin = ledger.id
    result = CliRunner().invoke(app, ["verify", str(place), "--trust", pin])
    assert result.exit_code == 3
    said = " ".join(result.output.split())
    assert "1 event is disputed: index 3, signed with the key of Recorder A" in said
    assert 'its roots revoked at index 5 and trust below index 3: "its laptop was stolen"' in said.replace(
        "[key.disputed] ", ""
    )
    assert "[key.disputed]" in result.output
    accepted = CliRunner().invoke(app, ["verify", str(place), "--trust", pin, "--accept-disputed", "--json"])
    assert accepted.exit_code == 0
    report = json.loads(accepted.output)
    assert (report["disputed"], report["findings"], report["disputes"][0]["ranges"]) == (1, [], [[3, 3]])


def test_every_code_of_a_finding_stands_in_the_guide_or_the_specification(project: Path) -> None:
    guide = (project / "docs" / "guides" / "verifying.md").read_text(encoding="utf-8")
    specified = (project / "docs" / "spec" / "7-verifying.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z_.]+)` \|", guide, re.MULTILINE))
    assert set(MEANINGS) - set(re.findall(r"^\| `([a-z_.]+)` \|", specified, re.MULTILINE)) <= told
    assert told <= {*MEANINGS, Dispute.CODE}
