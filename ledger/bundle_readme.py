"""The page that a bundle's recipient reads first: what it is, what is left out, how to check it, what that does not
show.

The same bundle has the same page. No signature covers it, and it says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from claimledger.events.disclosure import SlotStatus

from .bundle_files import Contents, folder_of

__all__ = ["readme"]

_README = """\
What this is
============

Records of {cases}, out of the claim ledger {origin}.

Each record says who asserted what, when, and in which source that was read.
Each was signed when it was made; what was signed cannot be changed afterwards
without that showing. That a record is here does not mean that what somebody
asserted is true.

  ledger id
  {ledger}

  records here: {events}
  {sealed}
  {ends}

What is left out
================

The names of protected persons, quotes and some free texts are kept outside of
the signed records. A record holds only a check value for each of them. So they
can be left out, or erased, without breaking a signature; and nothing else can
be put in their place. Of {all} such places here:

  {disclosed} given     they are in data/disclosures.jsonl (many say only that
  {space} nothing was recorded there)
  {withheld} withheld  left out on purpose by whoever packed this; they are listed
  {space} in data/withheld.jsonl, and may be handed over later
  {erased} erased    gone for good; a signed record says by whose authority
  {space} and why
  {missing} missing   not here, and nothing says why

How to check it
===============

You need the ledger id FROM SOMEWHERE ELSE: a letter, a court file, a person
whom you trust. Held only against the one on this page, this file would show no
more than that it agrees with itself.

With Python 3.9 or newer and the file verify_claimledger.py (better taken from
somewhere else than from here):

  python3 verify_claimledger.py THIS_FILE.zip --trust LEDGER_ID

With claimledger installed:

  claimledger verify THIS_FILE.zip --trust LEDGER_ID

Either takes this file as it is, or the folder {folder}
that you unpack it into. No network is needed. To see only that nothing was
damaged on its way, type in that folder: sha256sum -c manifest-sha256.txt

What no check shows
===================

That what was asserted is true. Who holds the keys, beyond what the ledger id
stands for. Whether the ledger has other cases. This page, bag-info.txt and the
program in data/ are the words of whoever packed this: no signature covers them.
"""


def readme(
    contents: Contents, events: int, later: int, slots: Mapping[SlotStatus, int], *, has_heads: bool
) -> bytes:
    """Write the page.

    Args:
        contents: what the bundle says it is.
        events: how many are in it.
        later: how many of them are later than the checkpoint.
        slots: how many protected slots have which status.
        has_heads: whether the log signed where the cases end.
    """
    if contents.size is None:
        sealed = "NOT SEALED: nothing vouches for their order"
    else:
        sealed = f"sealed by the log when the whole ledger had {contents.size} records"
        if later:
            sealed += f";\n  {later} of those here are later, and nothing vouches for them"
    if has_heads:
        ends = "the log signed where these cases ended then: none was cut off"
    else:
        ends = "NOT SIGNED where these cases end: later records could have been left out"
    digits = max(6, *(len(str(number)) for number in slots.values())) if slots else 6
    counted = {status.value: f"{slots.get(status, 0):>{digits}}" for status in SlotStatus}
    named = ("the case " if len(contents.cases) == 1 else "the cases ") + ", ".join(contents.cases)
    return _README.format(
        cases=named,
        origin=contents.origin,
        ledger=contents.ledger,
        events=events,
        sealed=sealed,
        ends=ends,
        all=sum(slots.values()),
        space=" " * (digits + 9),
        folder=folder_of(contents.ledger),
        **counted,
    ).encode()
