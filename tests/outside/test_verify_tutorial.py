"""The tutorial "Verify what you were given" is typed in, block by block, by somebody who has only its files."""

from __future__ import annotations

import base64
import json
import re
import shutil
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import Need
from tests.outside.bundle_maker import archive
from tests.outside.golden import EVENTS, Golden, Packed
from tests.scripts import load

RIGHT, WRONG = "Signature Verified Successfully", "Signature Verification Failure"
HOLDS = "this is what was recorded"
TOOLS = ("bash", "unzip", "sha256sum", "perl", "cmp", "awk")


@pytest.fixture(scope="module")
def tutorial(project: Path) -> ModuleType:
    """`docs/make_tutorial.py`: it knows the page, its blocks, and what its reader has."""
    return load(project / "docs" / "make_tutorial.py")


@pytest.fixture(scope="module")
def page(tutorial: ModuleType) -> str:
    return str(tutorial.PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def folder(tutorial: ModuleType, page: str, tmp_path: Path, need: Need[str]) -> Path:
    for tool in TOOLS:
        need(
            tool,
            shutil.which(tool),
            "install it (Debian and Ubuntu: apt-get install bash unzip coreutils perl diffutils mawk)",
        )
    tutorial.fill(tmp_path, page)
    return tmp_path


def commands(tutorial: ModuleType, page: str, section: int) -> list[str]:
    return [text for language, text in tutorial.blocks(page, section) if language == "sh"]


def by_hand(tutorial: ModuleType, page: str, until: str) -> str:
    """The blocks of the last section up to the first that has this in it."""
    blocks = commands(tutorial, page, 6)
    [*_, last] = [at for at, text in enumerate(blocks) if until in text][:1]
    return "\n".join(blocks[: last + 1])


def records(path: Path) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    """Line and payload of each record of a bundle, by its index."""
    lines = zipfile.ZipFile(path).read(f"claimledger-bundle-1/{EVENTS}").splitlines()
    parsed = [json.loads(line) for line in lines]
    return {
        line["index"]: (line, json.loads(base64.b64decode(line["envelope"]["payload"]))) for line in parsed
    }


def signatures(path: Path) -> list[str]:
    """What `check` has to say of a bundle that holds, record by record."""
    return [
        f"record {index}, keyid {each['keyid']}: {RIGHT}"
        for index, (line, _) in records(path).items()
        for each in line["envelope"]["signatures"]
    ]


def test_the_answers_on_the_page_are_those_of_the_programs(
    tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    assert tutorial.page(page) == page, "run: python docs/make_tutorial.py"
    [check] = commands(tutorial, page, 2)
    assert (tutorial.ROOT / "tests/vectors/bundle/golden.id").read_text().strip() in check
    asked = tutorial.typed(check, folder, "-euo", "pipefail")
    assert (asked.returncode, asked.stderr) == (3, "")
    assert f"```text\n{asked.stdout}```\n" in page


def test_the_tutorial_names_each_line_of_the_report(tutorial: ModuleType, page: str) -> None:
    [answer] = [text for _, text in tutorial.blocks(page, 2) if "RESULT" in text]
    explained = re.findall(r"^\| \*(.*)\* \|", page, re.MULTILINE)
    assert len(explained) == 6
    at = [answer.index(words) for words in explained]
    assert at == sorted(at)
    assert {line.split()[0].rstrip(":") for line in answer.splitlines() if line[0] in " R"} == {
        "Records",
        "record",
        "RESULT",
    }


@pytest.mark.parametrize("bundle", ["golden.zip", "harbour-2025.zip"])
def test_every_signature_of_every_record_verifies_by_hand(
    bundle: str, tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    typed = by_hand(tutorial, page, "while read -r index; do check").replace("golden.zip", bundle)
    done = tutorial.typed(typed, folder, "-euo", "pipefail")
    assert (done.returncode, done.stderr) == (0, "")
    [opening, *checked] = done.stdout.splitlines()
    ledger = records(folder / bundle)[1][1]["ledger"]
    assert opening.split() == [ledger, "opening.json"]
    all_of_them = signatures(folder / bundle)
    assert len(all_of_them) > 13
    of_record_1 = [line for line in all_of_them if line.startswith("record 1,")]
    assert checked == [*of_record_1, *all_of_them]


def test_all_of_it_is_typed_in_one_go(
    tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    done = tutorial.typed("\n".join(commands(tutorial, page, 6)), folder, "-euo", "pipefail")
    assert (done.returncode, done.stderr) == (0, "")
    *_, added, revoked, shown, said, sealed = done.stdout.splitlines()
    assert (added.split()[0], '"role":"recorder"' in added) == ("1", True)
    assert (revoked.split()[0], '"type":"key.revoked"' in revoked) == ("16", True)
    assert (json.loads(shown)[5], said) == ("he had died", f"record 12, quote: {HOLDS}")
    assert f"`{said}`" in page
    assert sealed.endswith(RIGHT)
    assert f"It answers `{RIGHT}`." in page


def test_the_state_of_a_log_with_two_keys_verifies_by_hand(
    tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    blocks = commands(tutorial, page, 6)
    needed = [text for text in blocks if re.search("by-hand|> records|opening.json|state.sig", text)]
    typed = "\n".join(needed).replace("golden.zip", "harbour-2025.zip")
    done = tutorial.typed(typed, folder, "-euo", "pipefail")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"{RIGHT}\n")


def packed(folder: Path, bundle: Packed) -> None:
    """In the place of the bundle to practise on."""
    (folder / "golden.zip").write_bytes(archive(bundle.repack().files))


def misprinted(line: dict[str, Any]) -> dict[str, Any]:
    """An envelope whose payload was changed after it was signed."""
    payload = base64.b64decode(line["envelope"]["payload"])
    changed = payload.replace(b"a misprint", b"no misprint")
    assert changed != payload
    return {**line["envelope"], "payload": base64.b64encode(changed).decode()}


def test_a_record_that_was_changed_fails_by_hand_and_no_other(
    tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    right = signatures(folder / "golden.zip")
    [line] = [line for index, (line, _) in records(folder / "golden.zip").items() if index == 12]
    packed(folder, Golden().bundle().event(10, envelope=misprinted(line)))
    typed = by_hand(tutorial, page, "while read -r index; do check")
    said = tutorial.typed(typed, folder).stdout.splitlines()[-len(right) :]
    assert said == [each.replace(RIGHT, WRONG) if each.startswith("record 12,") else each for each in right]


def test_where_the_record_of_a_key_is_not_here_no_key_is_found(
    tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    right = signatures(folder / "golden.zip")
    [(_, payload)] = [each for index, each in records(folder / "golden.zip").items() if index == 13]
    packed(folder, Golden().bundle().lines(EVENTS, lambda lines: lines[:11] + lines[12:]))
    typed = by_hand(tutorial, page, "while read -r index; do check")
    said = tutorial.typed(typed, folder).stdout.splitlines()
    assert payload["type"] == "key.added"
    [keyid] = {line.split()[3] for line in said if line.endswith("no key found")}
    expected = [each.replace(RIGHT, "no key found") if keyid in each else each for each in right]
    assert said[-len(right) + 3 :] == [each for each in expected if not each.startswith("record 13,")]


def placed(tutorial: ModuleType, page: str, folder: Path, *places: tuple[int, str]) -> list[str]:
    """What `place` says of each."""
    needed = [
        text for text in commands(tutorial, page, 6) if re.search(r"by-hand|> records|^place\(\)", text)
    ]
    asked = "\n".join([*needed, *(f"place {index} {slot}" for index, slot in places)])
    done = tutorial.typed(asked, folder, "-euo", "pipefail")
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line.startswith("record ")]


@pytest.mark.parametrize("bundle", ["golden.zip", "harbour-2025.zip"])
def test_every_place_of_a_bundle_is_told_by_hand(
    bundle: str, tutorial: ModuleType, page: str, folder: Path
) -> None:
    expected = {
        (index, slot): HOLDS if line["slots"].get(slot) else "nothing is shown here"
        for index, (line, payload) in records(folder / bundle).items()
        for slot in payload["commitments"]
    }
    assert set(expected.values()) == {HOLDS, "nothing is shown here"}
    said = placed(tutorial, page.replace("golden.zip", bundle), folder, *expected)
    assert said == [f"record {index}, {slot}: {words}" for (index, slot), words in expected.items()]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (slice(0, 6), "NO, this is of another record or place"),
        (slice(2, 3), "NO, this is of another record or place"),
        (slice(4, 6), "NO, this is not what was recorded"),
        (slice(5, 6), "NO, this is not what was recorded"),
    ],
    ids=["whole", "only the records that they name", "all but the places that they name", "only the words"],
)
def test_two_quotes_that_were_swapped_fail_by_hand(
    values: slice, said: str, tutorial: ModuleType, page: str, folder: Path
) -> None:
    packed(folder, Golden().bundle().exchange(7, 10, values))
    assert placed(tutorial, page, folder, (8, "quote"), (12, "quote")) == [
        f"record 8, quote: {said}",
        f"record 12, quote: {said}",
    ]


def test_what_stood_in_another_place_of_the_same_record_fails_by_hand(
    tutorial: ModuleType, page: str, folder: Path
) -> None:
    bundle = Golden().bundle()
    packed(folder, bundle.slot(7, "quote", bundle.kept("entity.name")))
    assert placed(tutorial, page, folder, (8, "quote")) == [
        "record 8, quote: NO, this is of another record or place"
    ]


def test_the_copy_in_a_bundle_is_compared_with_ones_own(
    tutorial: ModuleType, page: str, folder: Path
) -> None:
    script = (folder / "verify_claimledger.py").read_bytes()
    with_unzip, anywhere = commands(tutorial, page, 1)
    for copy, answers in (script, ("the same\n", "True\n")), (script + b"#", ("", "False\n")):
        files = Golden().bundle().put("data/verify_claimledger.py", copy).repack().files
        (folder / "BUNDLE.zip").write_bytes(archive(files))
        said = tutorial.typed(with_unzip, folder).stdout, tutorial.typed(anywhere, folder).stdout
        assert (said[0] if "differ" not in said[0] else "", said[1]) == answers


def test_a_folder_does_in_the_place_of_the_file_and_other_zips_do_not(
    tutorial: ModuleType, page: str, folder: Path, with_openssl: str
) -> None:
    [check] = commands(tutorial, page, 2)
    asked = tutorial.typed(check, folder)
    with zipfile.ZipFile(folder / "golden.zip") as bundle:
        bundle.extractall(folder)
    of_folder = check.replace("golden.zip", "claimledger-bundle-1")
    assert tutorial.typed(of_folder, folder).stdout == asked.stdout
    (folder / "claimledger-bundle-1" / ".DS_Store").touch()
    looked_into = tutorial.typed(of_folder, folder)
    assert (looked_into.returncode, "\nbundle.extra: " in looked_into.stdout) == (1, True)
    again = shutil.make_archive(str(folder / "again"), "zip", folder, "claimledger-bundle-1")
    zipped = tutorial.typed(check.replace("golden.zip", Path(again).name), folder)
    assert (zipped.returncode, "\nbundle.malformed: " in zipped.stdout) == (1, True)


def test_the_records_can_be_read_without_claimledger_under_the_leaves_of_the_sheets(
    tutorial: ModuleType, page: str, folder: Path
) -> None:
    sheets, read = commands(tutorial, page, 4)
    printed = tutorial.typed(sheets, folder, "-euo", "pipefail")
    listed = tutorial.typed(read, folder, "-euo", "pipefail")
    assert (printed.returncode, listed.returncode, listed.stderr) == (0, 0, "")
    text = (folder / "harbour-2025.txt").read_text(encoding="utf-8")
    leaves = dict(re.findall(r"^RECORD (\d+) leaf ([0-9a-f]{64})$", text, re.MULTILINE))
    on_sheets = re.findall(r"index (\d+)\n\s+leaf ([0-9a-f]{64})", printed.stdout)
    assert len(on_sheets) == 4
    assert {index: leaves[index] for index, _ in on_sheets} == dict(on_sheets)
    in_html = re.findall(r"index (\d+)</p><p[^>]*>leaf (\w{64})", (folder / "harbour-2025.html").read_text())
    assert in_html == on_sheets
    parts = text.removesuffix("\n\n").split("\n\n")
    assert len(parts) == len(leaves) == 13
    for part, (line, payload) in zip(parts, records(folder / "harbour-2025.zip").values(), strict=True):
        record, _, _ = part.partition("\n}\n")
        assert json.loads(record.split("\n", 1)[1].removesuffix("\n}") + "\n}") == payload
        for slot, shown in line["slots"].items():
            words = "(withheld)" if shown is None else json.dumps(shown[5], indent=2)
            assert f"\n{slot} holds: {words}" in part


def test_the_text_of_the_records_is_of_a_folder_too_and_shows_no_hidden_signs(
    tutorial: ModuleType, page: str, folder: Path
) -> None:
    (folder / "golden.zip").write_bytes(archive(Golden().bundle().files))
    with zipfile.ZipFile(folder / "golden.zip") as bundle:
        bundle.extractall(folder)
    _, read = commands(tutorial, page, 4)
    for name in ("golden.zip", "claimledger-bundle-1"):
        typed = read.replace("harbour-2025.zip", name).replace("harbour-2025.txt", f"{name}.txt")
        assert tutorial.typed(typed, folder).returncode == 0
        assert tutorial.typed(typed, folder).returncode == 1, "it writes over nothing"
    text = (folder / "golden.zip.txt").read_text(encoding="utf-8")
    assert text == (folder / "claimledger-bundle-1.txt").read_text(encoding="utf-8")
    assert 'quote holds: "he died\\n\\u2028"' in text
