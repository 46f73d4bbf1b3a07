"""The custody of evidence items as a person reads it: who speaks of it, which copies are held, who had it.

1. Steps stand in the order of the log, and a gap of the record is named below its step.
2. How reliable somebody finds claims, sources and speakers stands after the items.
3. An item of which nothing is recorded but claims says so: that is the usual case, and no fault of the item.
"""

from __future__ import annotations

from .case import CaseState
from .custody import Custody
from .custody_rows import Assessment, ItemCustody, Transfer
from .layout import Cell, Line, aside, columns, line, paragraph, short
from .render import head_lines

__all__ = ["custody_lines"]

_MENTIONS = {
    "shows": "what it shows",
    "about": "about it",
    "names": "named in",
    "based_on": "relied on in",
}


def custody_lines(custody: Custody, *, width: int = 100) -> list[Line]:
    """The items of a case.

    Args:
        custody: the custody.
        width: cells of a line.
    """
    lines = head_lines(custody.state, width)
    items = custody.items
    if not items:
        lines += [line(), line("no evidence item is registered in this case")]
    for item in items:
        lines += [line(), *_item_lines(item, custody.state, width)]
    shown = {one.event for item in items for one in item.assessments}
    others = [one for one in custody.assessments if one.event not in shown]
    if others:
        lines += [line(), line(Cell("ASSESSED BY SOMEBODY", "bold"))]
    for one in others:
        lines += _assessment_lines(one, _assessed(one, custody.state), custody.state, width)
    return lines


def _item_lines(item: ItemCustody, state: CaseState, width: int) -> list[Line]:
    held = "held" if item.held else "known only through claims"
    lines = [aside(Cell(item.label, "bold"), f"{item.item}, {held}", width)]
    for how, title in (
        ("shows", "shown by it"),
        ("about", "about it"),
        ("names", "named in"),
        ("based_on", "relied on by"),
    ):
        refs = [f"{one.ref} ({_holder(one.holder, state)})" for one in item.mentions if one.how == how]
        if refs:
            lines += paragraph(f"{title}: {', '.join(refs)}", width, indent=2, hanging=2)
    for copy in item.attachments:
        parts = [
            f"copy {short(copy.sha256)}",
            copy.media_type or "",
            f"{copy.size} bytes" if copy.size is not None else "",
        ]
        parts.append(f"obtained {copy.obtained_at}" if copy.obtained_at else "")
        parts.append(f"from {state.label(copy.obtained_from)}" if copy.obtained_from else "")
        said = f"index {copy.index}: {', '.join(one for one in parts if one)}"
        lines += paragraph(said, width, indent=2, hanging=2)
    if len(item.digests) > 1:
        lines += paragraph("its copies differ", width, indent=2, style="yellow")
    for step in item.transfers:
        lines += _step_lines(step, state, width)
    for one in item.assessments:
        lines += _assessment_lines(one, "it", state, width)
    if item.keeper is not None:
        lines += paragraph(f"by the record with {state.label(item.keeper)}", width, indent=2)
    elif not item.attachments:
        lines += paragraph("no copy and no transfer is recorded", width, indent=2, style="dim")
    return lines


def _step_lines(step: Transfer, state: CaseState, width: int) -> list[Line]:
    giver = "not stated" if step.given_by is None else state.label(step.given_by)
    place = "" if step.place is None else f" at {state.label(step.place)}"
    cells = [
        f"index {step.index}",
        step.at or "no date",
        f"{giver} \N{RIGHTWARDS ARROW} {state.label(step.received_by)}{place}",
    ]
    lines = columns(cells, [10, 12], indent=2, width=width)
    if step.note:
        lines += paragraph(step.note, width, indent=4, hanging=2, style="dim")
    for gap in step.gaps:
        lines += paragraph(gap.text, width, indent=4, hanging=2, style="yellow")
    return lines


def _assessed(one: Assessment, state: CaseState) -> str:
    if one.of == "entity":
        return state.label(one.name)
    return f"{one.of} {one.name}"


def _assessment_lines(one: Assessment, what: str, state: CaseState, width: int) -> list[Line]:
    at = f", {one.at}" if one.at else ""
    note = f": {one.note}" if one.note else ""
    said = f"index {one.index}: {state.label(one.assessor)} assesses {what} as {one.grade} ({one.scale}{at}){note}"
    return paragraph(said, width, indent=2, hanging=2)


def _holder(holder: str, state: CaseState) -> str:
    return " or ".join(state.label(one) for one in holder.split(" or "))
