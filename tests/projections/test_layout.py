"""Lines of a fixed width: text from a ledger is data, and no line is wider than was asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from claimledger.projections.layout import (
    Cell,
    aside,
    columns,
    cut,
    fitting,
    isolated,
    line,
    paragraph,
    plain,
    short,
    wrapped,
)


def test_escape_sequences_are_shown_and_not_obeyed() -> None:
    assert plain("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m"


def test_what_turns_the_direction_of_writing_is_shown() -> None:
    assert plain("a\N{RIGHT-TO-LEFT OVERRIDE}b") == "a\\u202eb"


def test_line_breaks_and_tabs_become_spaces() -> None:
    assert plain("one\r\ntwo\tthree") == "one  two three"


def test_joiners_stay_because_some_scripts_need_them() -> None:
    text = "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI SIGN VIRAMA}\N{ZERO WIDTH JOINER}"
    assert plain(text) == text


def test_markup_in_text_is_text() -> None:
    made = line(Cell("[red]a[/red]", "bold"))
    assert made.plain == "[red]a[/red]"


def test_a_cut_text_says_that_it_is_cut() -> None:
    assert cut("abcdef", 4) == "abc\N{HORIZONTAL ELLIPSIS}"
    assert cut("abcd", 4) == "abcd"


def test_the_right_end_of_a_line_stands_at_the_right() -> None:
    assert aside("left", "right", 20).plain == "left           right"
    assert cell_len(aside("a long title " * 5, "right", 40).plain) == 40


def test_a_row_wraps_inside_its_columns() -> None:
    rows = columns(["one two", "three", "four five six"], [4, 6], width=23)
    assert [row.plain for row in rows] == ["one   three   four five", "two           six"]


def test_a_name_that_is_too_long_is_broken_where_its_parts_are_joined() -> None:
    assert wrapped("a-case-of-2025/C04.1", 16) == ["a-case-of-2025/", "C04.1"]
    assert wrapped("one a-case-of-2025/C04.1", 9) == ["one", "a-case-", "of-2025/", "C04.1"]
    assert wrapped("0123456789abcdef", 10) == ["0123456789", "abcdef"]


def test_hashes_are_cut_to_eight() -> None:
    assert short("0123456789abcdef") == "01234567"


def test_a_column_is_as_wide_as_its_texts_but_no_wider_than_allowed() -> None:
    assert fitting(["a", "abc"], 9) == 3
    assert fitting(["a" * 30], 9) == 9
    assert fitting([], 9) == 0


def test_right_to_left_words_stand_in_an_isolate_and_turn_nothing_around_them() -> None:
    name = "\u0645\u062d\u0645\u062f \u0639\u0644\u064a"
    assert line(f"C1 {name} 12").plain == f"C1 \u2067{name}\u2069 12"
    assert isolated(f"{name}, and {name}") == f"\u2067{name}\u2069, and \u2067{name}\u2069"
    azerbaijani_and_cyrillic = "\u018fli \u0418\u0432\u0430\u043d"
    assert isolated(azerbaijani_and_cyrillic) == azerbaijani_and_cyrillic


def test_a_bracket_that_opens_among_right_to_left_words_closes_there() -> None:
    assert isolated("\u05d0 (\u05d1) c") == "\u2067\u05d0 (\u05d1)\u2069 c"
    assert isolated("a (\u05d1)") == "a (\u2067\u05d1\u2069)"


def test_isolates_take_no_room() -> None:
    rows = columns(["\u05d0\u05d1 \u05d2", "C1"], [4], width=20)
    assert [cell_len(row.plain) for row in rows] == [8]
    assert aside("\u05d0", "right", 20).plain.endswith(" right")
    assert cell_len(aside("\u05d0", "right", 20).plain) == 20


def test_an_isolate_that_stands_in_the_data_is_shown() -> None:
    assert line("a\u2067b").plain == "a\\u2067b"


@given(st.text(max_size=200), st.integers(min_value=20, max_value=120), st.integers(min_value=0, max_value=6))
def test_no_line_of_a_paragraph_is_wider_than_was_asked(text: str, width: int, indent: int) -> None:
    for row in paragraph(text, width, indent=indent, hanging=2):
        assert cell_len(row.plain) <= width
        assert "\x1b" not in row.plain
        assert row.plain == row.plain.rstrip()


@given(st.lists(st.text(min_size=1, max_size=40), min_size=2, max_size=4))
def test_a_row_keeps_every_word_of_every_cell(texts: list[str]) -> None:
    rows = columns(texts, [12, 12, 12], width=80)
    shown = "".join("".join(row.plain.split()) for row in rows)
    for text in texts:
        for character in "".join(plain(text).split()):
            assert character in shown
