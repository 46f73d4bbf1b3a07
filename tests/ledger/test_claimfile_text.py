"""The text of claim files: values stay text, each with its place, and what YAML hides is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.claimfile_text import MAX_BYTES, Listing, Node, Place, Scalar, Table, child, read_text


def written(folder: Path, text: str, name: str = "file.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def plain(node: Node | None) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {name: plain(value) for name, value in node.members.items()} if node is not None else None


def messages(path: Path) -> list[str]:
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in read_text(path)[1]]


def test_no_value_is_resolved(tmp_path: Path) -> None:
    text = "a: 15:00\nb: no\nc: 2025-07-03\nd: 0x10\ne: 1_000\nf: yes\ng: 1e3\n"
    node, problems = read_text(written(tmp_path, text))
    assert problems == []
    assert plain(node) == {
        "a": "15:00",
        "b": "no",
        "c": "2025-07-03",
        "d": "0x10",
        "e": "1_000",
        "f": "yes",
        "g": "1e3",
    }


def test_places_count_lines_and_code_points_from_one(tmp_path: Path) -> None:
    node, _ = read_text(written(tmp_path, "\u00e4\U0001f600: 1\nlist: [\u00fc, {x: y}]\n"))
    assert isinstance(node, Table)
    assert node.members["\u00e4\U0001f600"].place == Place(1, 5)
    listing = node.members["list"]
    assert isinstance(listing, Listing)
    assert [item.place for item in listing.items] == [Place(2, 8), Place(2, 11)]


def test_a_member_that_is_null_is_not_there_but_its_name_is_known(tmp_path: Path) -> None:
    node, _ = read_text(written(tmp_path, 'a: null\nb: "null"\n'))
    assert isinstance(node, Table)
    assert plain(node) == {"b": "null"}
    assert list(node.keys) == ["a", "b"]


def test_json_is_read_with_places(tmp_path: Path) -> None:
    text = '{"a": [1, true, "\\ud83d\\ude00"],\n\t"b": {"c": null, "d": 1.50}}'
    node, problems = read_text(written(tmp_path, text, "file.json"))
    assert problems == []
    assert plain(node) == {"a": ["1", "true", "\U0001f600"], "b": {"d": "1.50"}}
    assert isinstance(node, Table)
    assert node.keys["b"] == Place(2, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "1:10 stands here a second time (first in line 1)"),
        ('{"a": NaN}', "1:7 not JSON: expected a value"),
        ('{"a": 01}', '1:8 not JSON: expected "," or "}"'),
        ('{"a": 1,}', "1:9 not JSON: expected the name of a member, in double quotes"),
        ("[1 2]", '1:4 not JSON: expected "," or "]"'),
        ('{"a" 1}', '1:6 not JSON: expected ":"'),
        ("{} x", "1:4 something follows the end of the JSON"),
        ('["\\ud800"]', "1:2 an escape stands for a character that cannot be written; remove it"),
        ('["a\nb"]', "1:4 not JSON: a string that does not end, or has a wrong escape"),
        ("", "1:1 not JSON: expected a value"),
        ("[" * 40, "1:33 more than 32 levels deep; nothing behind this was read"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert messages(written(tmp_path, text, "file.json")) == [message]


def test_aliases_cannot_multiply(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"
    found = messages(written(tmp_path, bomb))
    assert len(found) == 8
    assert all("anchors" in message or "aliases" in message for message in found)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert messages(path) == ["1:1 is larger than 5 MB; split it"]


def test_a_file_that_is_not_there_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    assert messages(tmp_path / "none.yaml") == ["1:1 cannot be read: no such file or directory"]


def test_paths_show_nothing_that_a_terminal_would_obey() -> None:
    assert child("entities", "a\x1b[31m") == "entities.a?[31m"
    assert child(child("claims", "C14.1"), 0) == "claims.C14.1[0]"


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]), min_size=1),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_the_same_structure_as_json_and_as_yaml_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    folder = tmp_path_factory.mktemp("same")
    text = json.dumps(value, ensure_ascii=False).replace("\ufeff", "")
    in_json, problems = read_text(written(folder, text, "file.json"))
    in_yaml, others = read_text(written(folder, text, "file.yaml"))
    assert (problems, others) == ([], [])
    assert plain(in_json) == plain(in_yaml) == json.loads(text)


@given(st.binary(max_size=200), st.sampled_from(["file.yaml", "file.json"]))
def test_any_bytes_give_a_node_or_problems_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(data)
    node, problems = read_text(path)
    assert node is not None or problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
