"""Following a ledger: what is recorded later is given once, in order, verified; a screen tells what it did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from claimledger import Case, Keyring, Ledger
from claimledger.cli_follow import follow_history
from claimledger.events import Authority, CauseOfDeath, Person, Reply
from claimledger.projections import History
from claimledger.testing import memory_ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with memory_ledger() as opened:
        yield opened


@pytest.fixture
def case(ledger: Ledger) -> Case:
    made = ledger.create_case("harbour", title="A night at the harbour")
    made.register_entity("man", Person(label="the man who died"))
    ledger.register_entity("police", Authority(label="Harbour police"))
    return made


def says(case: Case, ref: str, cause: str, day: str) -> None:
    case.record(CauseOfDeath(of="man", causes=cause), ref=ref, asserter="shared:police", asserted_at=day)


def doing(*steps: Callable[[], object]) -> Callable[[], bool]:
    """A pause that does the next step each time, and ends the following after the last one."""
    left = list(steps)

    def pause() -> bool:
        if not left:
            return False
        left.pop(0)()
        return True

    return pause


def test_events_that_are_recorded_later_are_given_once_and_in_order(ledger: Ledger, case: Case) -> None:
    other = ledger.create_case("quay", title="Another")
    pause = doing(
        lambda: says(case, "C1", "asphyxia.drowning", "2031-05-03"),
        lambda: None,
        lambda: ledger.register_entity("union", Authority(label="Union")),
        lambda: says(case, "C2", "injury.blunt_force", "2031-05-04"),
    )
    indexes = [event.index for event in ledger.follow(pause=pause)]
    assert indexes == list(range(ledger.size))
    assert other.name == "quay"


def test_following_a_case_gives_its_events_and_those_of_the_register(ledger: Ledger, case: Case) -> None:
    after = ledger.size - 1
    pause = doing(
        lambda: ledger.create_case("quay", title="Another"),
        lambda: says(case, "C1", "asphyxia.drowning", "2031-05-03"),
        lambda: ledger.register_entity("union", Authority(label="Union")),
    )
    types = [event.type for event in ledger.follow("harbour", after, pause=pause)]
    assert types == ["claim.recorded", "entity.registered"]


def test_a_screen_shows_new_claims_and_what_they_did_to_those_above(
    ledger: Ledger, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    says(case, "C1", "asphyxia.drowning", "2031-05-03")
    fold = ledger.replay(History("harbour"))
    pause = doing(
        lambda: says(case, "C2", "injury.blunt_force", "2031-05-04"),
        lambda: case.judge("C2", "contradicts", "C1", note="not both"),
        lambda: case.withdraw("C2", because="read wrongly"),
    )
    follow_history(ledger, fold, pause=pause)
    shown = " ".join(capsys.readouterr().out.split())
    assert "following; Ctrl-C ends it" in shown
    assert "C2 2031-05-04 Harbour police" in shown
    assert "C1: superseded by C2" in shown
    assert shown.count("C2 contradicts C1 (not both)") == 1
    assert "C2: withdrawn" in shown
    assert shown.count("C2 2031-05-04") == 1


def test_a_screen_says_that_a_claim_stands_again(
    ledger: Ledger, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    says(case, "C1", "asphyxia.drowning", "2031-05-03")
    fold = ledger.replay(History("harbour"))

    def retracts(ref: str, claim: str) -> None:
        case.record(
            Reply(claims=[claim], kind="retracts"),
            ref=ref,
            asserter="shared:police",
            asserted_at="2031-05-05",
        )

    pause = doing(lambda: retracts("R1", "C1"), lambda: retracts("R2", "R1"))
    follow_history(ledger, fold, pause=pause)
    lines = capsys.readouterr().out.splitlines()
    told = [line.partition("C1: ")[2] for line in lines if " C1: " in line]
    assert told == ["retracted by R1", "stands again, no longer retracted by R1"]


def test_with_json_each_row_is_a_line_and_comes_again_only_when_it_changed(
    ledger: Ledger, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    says(case, "C1", "asphyxia.drowning", "2031-05-03")
    fold = ledger.replay(History("harbour"))
    pause = doing(lambda: None, lambda: says(case, "C2", "injury.blunt_force", "2031-05-04"))
    follow_history(ledger, fold, as_json=True, pause=pause)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["row"]["ref"], one["is_new"], one["row"]["status"]) for one in told] == [
        ("C1", True, "standing"),
        ("C1", False, "superseded"),
        ("C2", True, "standing"),
    ]
    assert {one["shape"] for one in told} == {1}


def test_stopping_it_is_quiet_and_no_error(tmp_path: Path) -> None:
    keys = Keyring.create(tmp_path / "keys", passphrase=None, plain=True)
    with Ledger.create(tmp_path / "a.ledger", origin="example.org/a", keys=keys) as ledger:
        case = ledger.create_case("harbour", title="A night at the harbour")
        case.register_entity("man", Person(label="the man who died"))
        ledger.register_entity("police", Authority(label="Harbour police"))
        code = "from claimledger.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, "history", "a.ledger", "--follow"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        while "following" not in process.stdout.readline():
            pass
        says(case, "C1", "asphyxia.drowning", "2031-05-03")
        line = process.stdout.readline()
        while "C1" not in line:
            assert line, "it ended before the claim was shown"
            line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 0
    assert error == ""
    assert "Harbour police" in line
