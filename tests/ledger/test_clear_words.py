"""What is signed in clear at once, with no claim file to look at before, is refused where it names the protected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from claimledger import Case, InvalidValue, Ledger
from claimledger.clear_words import ProtectedWords
from claimledger.cli import app
from claimledger.events import Count, Event, Group, KeyRevoked, Person, RootKey, Source
from claimledger.keys import Keyring
from claimledger.recording import Row
from claimledger.testing import memory_ledger, seeded_keyring

NAME, ALIAS, CONTACT, HANDLE = "Zuben Óðinsdóttir", "the Fox", "5550199", "zzhandle"
TITLE, URL = "Talk with the nurse", "https://example.org/zz-talk"
WHY = {"authority": "a court", "reason": "asked to be forgotten"}
HELD = (
    NAME.upper(),
    "zuben",
    f"the  {ALIAS.partition(' ')[2]}",
    CONTACT,
    HANDLE,
    TITLE.casefold(),
    URL,
    "zzsource",
)


@pytest.fixture
def case() -> Iterator[Case]:
    with memory_ledger() as ledger:
        yield filled(ledger.create_case("night", title="A night"))


def filled(case: Case) -> Case:
    person = Person(label="a witness", protected=True, name=NAME, aliases=[ALIAS], contact=CONTACT)
    case.register_entity(HANDLE, person)
    case.register_entity("held", Group(label="those held"))
    case.register_source("zzsource", Source(protected=True, label="a talk", title=TITLE, url=URL))
    case.record(Count(group="held", quantity="3"), asserter=HANDLE, quote="there were three")
    return case


def shown(text: str) -> list[str]:
    """Which protected words a message has."""
    words = (NAME, "Zuben", ALIAS, CONTACT, HANDLE, TITLE, URL, "zzsource")
    return [word for word in words if word.casefold() in text.casefold()]


@pytest.mark.parametrize("argument", ["authority", "reason"])
@pytest.mark.parametrize("words", HELD)
def test_an_erasure_is_refused_where_its_words_name_anybody_whom_the_case_protects(
    case: Case, argument: str, words: str
) -> None:
    size = case.ledger.size
    with pytest.raises(
        InvalidValue, match=rf"^{argument}: .*\(case night\) .*signed in clear for good"
    ) as caught:
        case.erase("C1:quote", **{**WHY, argument: f"said by {words}, who asked"})
    whose = case.entity_name(HANDLE) if words in HELD[:5] else case.source_name("zzsource")
    assert whose in str(caught.value)
    assert shown(str(caught.value)) == []
    assert case.ledger.size == size


def test_words_that_only_look_like_a_protected_name_are_no_reason_to_refuse(case: Case) -> None:
    done = case.erase(
        "C1:quote", authority=case.entity_name(HANDLE), reason="the foxes, Zubenelgenubi, 15550199"
    )
    assert len(done.receipts) == 1


def test_what_another_case_protects_does_not_hinder_an_erasure(case: Case) -> None:
    other = case.ledger.create_case("other", title="Another case")
    other.register_entity("held", Group(label="those held"))
    other.record(Count(group="held", quantity="3"), asserter="held", quote="there were three")
    assert len(other.erase("C1:quote", authority=NAME, reason=ALIAS).receipts) == 1


@pytest.mark.parametrize("words", HELD)
def test_a_key_is_revoked_for_no_reason_that_names_anybody_whom_a_case_protects(
    case: Case, words: str
) -> None:
    ledger = case.ledger
    key = ledger.keys.active("log")[0].keyid
    for attempt in (ledger.revoke_key, ledger.revocation):
        with pytest.raises(InvalidValue, match=r"^reason: .*\(case night\)") as caught:
            attempt(key, f"lost by {words}.")
        assert shown(str(caught.value)) == []
    by_hand = KeyRevoked(key=key, reason=f"lost by {words}.", size=0, root="0" * 64)
    with pytest.raises(InvalidValue, match="reason"):
        ledger.key_request(by_hand)


def test_a_request_is_held_against_what_was_protected_after_it_was_made() -> None:
    keys = seeded_keyring()
    with memory_ledger() as ledger:
        request = ledger.key_request(ledger.revocation(ledger.keys.active("log")[0].keyid, "lost by Zuben"))
        filled(ledger.create_case("night", title="A night"))
        with pytest.raises(InvalidValue, match="reason: a part of the protected name"):
            ledger.apply_key_request(request.signed_by(keys.roots))


def test_the_holder_of_a_key_may_share_a_part_of_a_protected_name_and_not_the_whole(case: Case) -> None:
    ledger, new = case.ledger, seeded_keyring(b"2")
    with pytest.raises(InvalidValue, match=r"^holder: the protected name of .*\(case night\)"):
        ledger.add_key(new.recorder, NAME)
    root = RootKey(holder=ALIAS, key=new.roots[0].public_key.hex())
    with pytest.raises(InvalidValue, match=r"^holder: the protected alias"):
        ledger.change_roots([root], 1, signers=[new])
    assert ledger.add_key(new.recorder, "Zuben Smith").index == ledger.size - 1


def test_a_new_case_is_not_called_by_the_name_of_somebody_whom_another_case_protects(case: Case) -> None:
    ledger = case.ledger
    named_so = {"title": {"name": "b", "title": f"What {NAME} saw"}, "name": {"name": CONTACT, "title": "B"}}
    for argument, named in named_so.items():
        with pytest.raises(
            InvalidValue, match=rf"^{argument}: the protected \w+ of .*\(case night\)"
        ) as caught:
            ledger.create_case(**named)
        assert shown(str(caught.value)) == []
    assert [each.name for each in ledger.cases()] == ["night"]
    ledger.create_case("b", title=f"A second case of {HANDLE}, at the house of Zuben")
    later = ledger.case("b")
    later.register_entity("w2", Person(label="another", protected=True, name="Second Witness"))
    with pytest.raises(InvalidValue, match=r"\(case b\)"):
        ledger.create_case("c", title="The second witness")


def test_what_was_erased_is_refused_no_longer(case: Case) -> None:
    ledger = case.ledger
    with pytest.raises(InvalidValue, match="title"):
        ledger.create_case("b", title=NAME)
    case.erase(HANDLE, **WHY)
    assert ledger.create_case("b", title=NAME).title == NAME


def test_the_command_line_refuses_them_says_which_argument_and_signs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keys = Keyring.create("keys", passphrase=None, plain=True)
    with Ledger.create("a.ledger", origin="example.org/x", keys=keys) as ledger:
        filled(ledger.create_case("night", title="A night"))
        key, size = ledger.keys.active("recorder")[0].keyid, ledger.size
    listed = [each.name for each in Path("keys").iterdir()]
    erase = ["erase", "a.ledger", "night", "C1:quote", "--keys", "keys", "--yes"]
    for arguments, argument in (
        ([*erase, "--authority", NAME, "--reason", "asked for it"], "authority"),
        ([*erase, "--authority", "a court", "--reason", "Zuben asked for it"], "reason"),
        (["keys", "revoke", "a.ledger", key, "--reason", f"of {ALIAS}", "--keys", "keys"], "reason"),
        (["keys", "rotate", "a.ledger", "--reason", f"of {ALIAS}", "--keys", "keys"], "reason"),
        (
            ["keys", "request", "a.ledger", "--revoke", key, "--reason", NAME, "--to", "request.json"],
            "reason",
        ),
    ):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 1, (arguments, done.output)
        assert f"{argument}: " in done.output, done.output
        assert "signed in clear for good" in " ".join(done.output.split())
        assert shown(done.output) == []
    with Ledger.open("a.ledger", read_only=True) as ledger:
        assert ledger.size == size
    assert sorted(listed) == sorted(each.name for each in Path("keys").iterdir())
    assert not Path("request.json").exists()


def test_each_registration_is_read_once_however_many_cases_are_begun(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, read = case.ledger, list[int]()
    events = list(ledger.events("night"))
    protected = [
        each.index for each in events if each.type.endswith(".registered") and each.header.commitments
    ]
    real = ledger._log.read

    def counted(row: Row) -> Event:
        read.append(row.index)
        return real(row)

    monkeypatch.setattr(ledger._log, "read", counted)
    words = ProtectedWords(ledger.store, ledger._log)
    for number in range(3):
        with pytest.raises(InvalidValue):
            words.refuse({"title": NAME})
        words.refuse({"title": f"A case of the number {number}"})
    assert read == protected
    assert len(protected) == 2
