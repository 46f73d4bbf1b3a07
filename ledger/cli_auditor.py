"""What an auditor brings to `verify`, and is told of it: checkpoints kept elsewhere, whom they trust, ranges.

1. Whom an auditor trusts is said on the command line, or stands in a policy file of theirs; never in the ledger.
2. A policy file has a verifier key on each line, and a line ``witnesses N``: how many of them it takes. What follows a
   ``#`` is a remark.
3. Each range of the log is told with who vouches for it. No line says or implies that a log is complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from claimledger.projections.layout import Line

    from .anchors import Trust
    from .report import Dispute, Range, Report, Voucher

__all__ = [
    "Authorities",
    "HowMany",
    "KeptCheckpoints",
    "Policy",
    "SinceFile",
    "TrustedWitnesses",
    "dispute_lines",
    "kept_checkpoints",
    "outside_as_json",
    "range_lines",
    "read_file",
    "trust_of",
]

KeptCheckpoints = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoint", metavar="FILE", help="A checkpoint that you kept: the ledger must continue it."
    ),
]
TrustedWitnesses = Annotated[
    list[str] | None,
    typer.Option("--witness", metavar="KEY", help="A witness that you trust: its key, or a file of keys."),
]
HowMany = Annotated[
    int | None,
    typer.Option("--witnesses", metavar="N", help="How many of them must have cosigned; all, if not said."),
]
Policy = Annotated[
    Path | None,
    typer.Option(
        "--policy", metavar="FILE", help="Witnesses that you trust, and how many it takes, in a file."
    ),
]
Authorities = Annotated[
    Path | None,
    typer.Option(
        "--authorities", metavar="PEM", help="Certificates of timestamping authorities that you trust."
    ),
]
SinceFile = Annotated[
    Path | None,
    typer.Option(
        "--since",
        metavar="FILE",
        help="Verify only what came since: the report (--json) or checkpoint of your last audit.",
    ),
]

_RANGES = 8
_WORDS = {
    "earlier": "verified in your earlier audit, and not again",
    "sealed": "sealed: on the word of whoever holds the log's keys",
    "unsealed": "not sealed: nobody vouches for order or end",
}


def kept_checkpoints(paths: list[Path] | None) -> dict[str, bytes]:
    """The files of checkpoints that an auditor kept, by their names."""
    return {str(path): read_file(path) for path in paths or ()}


def trust_of(
    witnesses: list[str] | None, how_many: int | None, policy: Path | None, authorities: Path | None
) -> Trust:
    """Whom an auditor trusts, from the options.

    Raises:
        InvalidInput: a file or key that is none, or more witnesses than there are.
    """
    from .anchors import Trust
    from .cli_witness import verifier_keys
    from .cosignatures import WitnessPolicy
    from .timestamps import read_authorities

    if policy is not None and (witnesses or how_many is not None):
        raise typer.BadParameter("say --policy, or --witness and --witnesses", param_hint="--policy")
    if how_many is not None and not witnesses:
        raise typer.BadParameter("whose? name each with --witness", param_hint="--witnesses")
    found = None
    if policy is not None:
        keys, how_many = _read_policy(policy)
        found = WitnessPolicy(keys, how_many)
    elif witnesses:
        known = verifier_keys(witnesses)
        found = WitnessPolicy(known, how_many if how_many is not None else len({key.name for key in known}))
    return Trust(
        witnesses=found,
        authorities=read_authorities(read_file(authorities)) if authorities is not None else (),
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file that an auditor brings.

    Raises:
        InvalidInput: it cannot be read.
    """
    from claimledger.events.errors import InvalidInput

    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None


def _read_policy(path: Path) -> tuple[list[str], int]:
    from claimledger.events.errors import InvalidInput

    keys: list[str] = []
    counts: list[int] = []
    try:
        text = read_file(path).decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: no text in UTF-8") from None
    for line in text.splitlines():
        said = line.partition("#")[0].strip()
        first, _, rest = said.partition(" ")
        if first == "witnesses" and rest.strip().isdecimal() and len(rest) < 6:
            counts.append(int(rest))
        elif said:
            keys.append(said)
    if len(counts) != 1:
        raise InvalidInput(f"{path}: a policy has one line that says how many: witnesses N")
    return keys, counts[0]


def outside_as_json(report: Report) -> dict[str, Any]:
    """What a report says of disputes, ranges and checkpoints, in the shape that the reference documents."""
    return {
        "disputed": report.disputed,
        "disputes": [
            {
                "code": each.CODE,
                "key": each.keyid,
                "holder": each.holder,
                "reason": each.reason,
                "trusted_below": each.trusted_below,
                "revoked_at": each.revoked_at,
                "events": each.events,
                "ranges": [list(one) for one in each.ranges],
                "meaning": each.MEANING,
            }
            for each in report.disputes
        ],
        "ranges": [
            {
                "first": each.first,
                "last": each.last,
                "standing": each.standing,
                "by": [
                    {"by": one.by, "kind": one.kind, "at": None if one.at is None else _instant(one.at)}
                    for one in each.by
                ],
            }
            for each in report.ranges
        ],
        "since": report.since,
        "checkpoints": report.checkpoints,
        "checkpoint": None if report.checkpoint is None else report.checkpoint.decode(),
        "key_stream": {"events": report.key_events, "last": report.key_head},
    }


def dispute_lines(disputes: tuple[Dispute, ...], width: int) -> list[Line]:
    """The disputed events, as a person reads of them."""
    from rich.text import Text

    from claimledger.projections.layout import aside, line, paragraph, wrapped

    lines: list[Line] = []
    for each in disputes:
        events = "1 event is" if each.events == 1 else f"{each.events} events are"
        said = (
            f"{events} disputed: {_places(each)}, signed with the key of {each.holder} ({each.keyid[:8]}), which its "
            f'roots revoked at index {each.revoked_at} and trust below index {each.trusted_below}: "{each.reason}"'
        )
        code = f"[{each.CODE}]"
        first, *rest = wrapped(said, width - len(code) - 4)
        lines.append(Text("~ ", "yellow").append_text(aside(first, code, width - 2)))
        lines += [line(f"  {one}") for one in rest]
        lines += paragraph(each.MEANING, width, indent=2)
    return lines


def range_lines(ranges: tuple[Range, ...], width: int) -> list[Line]:
    """Who vouches for which part of the log, as a person reads of it."""
    from claimledger.projections.layout import line, wrapped

    if all(each.standing == "unsealed" for each in ranges):
        return []
    shown = ranges if len(ranges) <= _RANGES else (*ranges[: _RANGES // 2], *ranges[-_RANGES // 2 :])
    places = [_place(each.first, each.last) for each in shown]
    room = max(map(len, places)) + 4
    lines: list[Line] = []
    for number, (place, each) in enumerate(zip(places, shown, strict=True)):
        if len(shown) < len(ranges) and number == _RANGES // 2:
            lines.append(line(f"  and {len(ranges) - len(shown)} ranges more: --json lists all"))
        said = _WORDS.get(each.standing) or "vouched for by " + ", ".join(map(_voucher, each.by))
        first, *rest = wrapped(said, width - room)
        lines.append(line(f"  {place}".ljust(room) + first))
        lines += [line(" " * room + one) for one in rest]
    return lines


def _voucher(voucher: Voucher) -> str:
    if voucher.kind == "kept":
        return f"the checkpoint {voucher.by}"
    when = "" if voucher.at is None else f" at {_instant(voucher.at)[:16].replace('T', ' ')} UTC"
    return f"{voucher.kind} {voucher.by}{when}"


def _places(dispute: Dispute) -> str:
    if len(dispute.ranges) > 3:
        return f"{len(dispute.ranges)} ranges between {_place(dispute.first, dispute.last)}"
    return " and ".join(_place(first, last) for first, last in dispute.ranges)


def _place(first: int, last: int) -> str:
    return f"index {first}" if first == last else f"index {first} to {last}"


def _instant(at: datetime) -> str:
    from claimledger.events.event import format_instant

    return format_instant(at)
