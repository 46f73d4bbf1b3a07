"""States kept between two replays: the filed events, in strict JSON behind a line that names format and digest.

    claimledger-state/1 <hex SHA-256 of the second line>
    {"case": "...", "clocks": {...}, "cut": false, "events": [...], "ledger": "...", "other_cases": [...], ...}

1. What is kept is what was filed, not what was computed: for each event its index, its leaf, who signed it and the
   payload that they signed, as text. Loading files them again, so that load and the rest of the log equal a replay
   from the start.
2. The content of protected slots is never in it. A loaded state says of such content that it is not at hand; the
   state hash is the same, since no protected content goes into it.
3. It spares reading and verifying again what was verified once. It is no evidence: nothing in it is checked against
   a signature, so keep it where only you can write. The digest finds damage, not a forger.
4. It is refused where it is damaged, of another format, computed by other rules, or of another ledger than asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from claimledger.events.disclosure import SlotStatus
from claimledger.events.encoding import decode, encode
from claimledger.events.errors import InvalidValue, MalformedEvent, WrongLedger
from claimledger.events.event import Payload
from claimledger.events.recorded import Event
from claimledger.events.registry import read_body

from .clocks import Clocks
from .replay import RULES_VERSION

__all__ = ["Saved", "read_saved", "write_saved"]

_FORMAT: Final = "claimledger-state/1"
_NO_LIMIT: Final = 2**40
_MEMBERS: Final = {"case", "clocks", "cut", "events", "ledger", "other_cases", "rules_version"}
_EVENT: Final = {"index", "leaf", "payload", "signers"}


@dataclass(frozen=True, slots=True)
class Saved:
    """What a state is filed from.

    Attributes:
        case: the case's name.
        ledger: the ledger's id; None where no event named it.
        clocks: the clocks of the state.
        cut: whether `known_at` was reached, so that no later event is taken in.
        other_cases: the streams that are known to be those of other cases.
        events: what was taken in, in the order of the log.
    """

    case: str
    ledger: str | None
    clocks: Clocks
    cut: bool
    other_cases: tuple[str, ...]
    events: tuple[Event, ...]


def write_saved(saved: Saved) -> bytes:
    """Write a state, without any protected content."""
    content = encode(
        {
            "case": saved.case,
            "clocks": {
                "known_at": _plain(saved.clocks.known_at),
                "asserted_by": saved.clocks.asserted_by,
                "true_on": saved.clocks.true_on,
            },
            "cut": saved.cut,
            "events": [
                {
                    "index": event.index,
                    "leaf": event.leaf,
                    "payload": event.header.to_bytes().decode(),
                    "signers": list(event.signers),
                }
                for event in saved.events
            ],
            "ledger": saved.ledger,
            "other_cases": sorted(saved.other_cases),
            "rules_version": RULES_VERSION,
        },
        max_bytes=_NO_LIMIT,
    )
    return f"{_FORMAT} {sha256(content).hexdigest()}\n".encode() + content


def read_saved(data: bytes, *, ledger: str | None = None) -> Saved:
    """Read a state that was written by `write_saved`.

    Args:
        data: any bytes whatsoever.
        ledger: the ledger's id that it must be of; None to take it as it comes.

    Raises:
        InvalidValue: no saved state, a damaged one, or one of another format or of other rules.
        WrongLedger: it is of another ledger.
    """
    head, _, content = data.partition(b"\n")
    words = head.split(b" ")
    if not words[0].startswith(b"claimledger-state/"):
        raise InvalidValue("saved state: these bytes are none; replay from the start")
    if words[0] != _FORMAT.encode():
        raise InvalidValue(f"saved state: not of format {_FORMAT}, which is read here; replay from the start")
    if words[1:] != [sha256(content).hexdigest().encode()]:
        raise InvalidValue("saved state: damaged, its digest does not fit; replay from the start")
    try:
        found: Any = decode(content, max_bytes=_NO_LIMIT)
        if type(found) is dict and found.get("rules_version") not in (None, RULES_VERSION):
            raise InvalidValue(
                f"saved state: computed by rules {found['rules_version']}, and these are rules {RULES_VERSION}; "
                "replay from the start"
            )
        if type(found) is not dict or found.keys() != _MEMBERS:
            raise MalformedEvent("its members are others")
        saved = Saved(
            case=found["case"],
            ledger=found["ledger"],
            clocks=Clocks(**found["clocks"]),
            cut=found["cut"],
            other_cases=tuple(found["other_cases"]),
            events=tuple(_event(one) for one in found["events"]),
        )
    except (MalformedEvent, TypeError, KeyError) as error:
        raise InvalidValue(
            f"saved state: not as it is written here ({type(error).__name__}); replay from the start"
        ) from None
    if ledger is not None and saved.ledger != ledger:
        raise WrongLedger(
            f"saved state: it is of ledger {saved.ledger}, not of {ledger}; replay from the start"
        )
    return saved


def _event(row: dict[str, Any]) -> Event:
    if row.keys() != _EVENT or type(row["index"]) is not int or type(row["leaf"]) is not str:
        raise MalformedEvent("an event has other members")
    payload = Payload.from_bytes(row["payload"].encode())
    return Event(
        index=row["index"],
        leaf=row["leaf"],
        header=payload,
        body=read_body(payload.type, payload.version, payload.body, {}, payload.commitments),
        signers=tuple(row["signers"]),
        slots=dict.fromkeys(payload.commitments, SlotStatus.WITHHELD),
    )


def _plain(moment: object) -> int | str | None:
    """An instant was made text when the clocks were set."""
    return moment if isinstance(moment, int) or moment is None else str(moment)
