"""The page that a bundle's recipient reads first: what it is, what is left out, how to check it, what that does not
show.

The same bundle has the same page. No signature covers it, and it says so. A case whose name is not plain is not named:
the page is read as text, and a name must not add lines of its own to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claimledger.events.disclosure import SlotStatus

from .bundle_findings import shown
from .bundle_zip import FOLDER

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

  {disclosed} disclosed they stand in the line of their record in
  {space} data/events.jsonl (many say only that nothing was recorded)
  {withheld} withheld  left out on purpose by whoever packed this, who may hand
  {space} them over later; "null" stands there
  {erased} erased    gone for good; a signed record says by whose authority
  {space} and why
  {missing} missing   not here, and nothing says why

How to read it
==============

In data/events.jsonl the signed records are in base64, which no editor shows as
words: with claimledger installed, "claimledger sheet THIS_FILE.zip" writes each
claim as a page that can be printed. Such a page, from whomever you have it, is
worth what this file shows once it was checked as below: the same page made from
it must have the same words, the same index and the same leaf.

How to check it
===============

You need the ledger id FROM SOMEWHERE ELSE: a letter, a court file, a person
whom you trust. Held only against the one on this page, this file would show no
more than that it agrees with itself.

With the file verify_claimledger.py (better taken from somewhere else than from
here). It needs Python 3.9 or newer and, for the signatures, either Python's
package "cryptography" or the program openssl, version 3 or newer:

  python3 verify_claimledger.py THIS_FILE.zip --trust LEDGER_ID

With claimledger installed:

  claimledger verify THIS_FILE.zip --trust LEDGER_ID

Either takes this file as it is, or the folder {folder}
that you unpack it into. No network is needed. To see only that nothing was
damaged on its way, type in that folder: sha256sum -c manifest-sha256.txt

Either ends with an exit status: 0, all holds; 1, something is wrong; 3, nothing
is wrong, but not all could be checked. 3 is NOT "wrong": it says what to ask
for. A record can also be called disputed. It was signed as it had to be, and
later those who vouch for the keys said that its key is not to be trusted from
some record on, because it was stolen, say. Such a record is shown, and nobody
can check who signed it: that, too, is 3.

What no check shows
===================

That what was asserted is true. Who holds the keys, beyond what the ledger id
stands for. Whether the ledger has other cases. This page, bag-info.txt and the
program in data/ are the words of whoever packed this: no signature covers them.
"""


def readme(
    *,
    ledger: str,
    origin: str,
    cases: Sequence[str],
    size: int | None,
    events: int,
    later: int,
    slots: Mapping[SlotStatus, int],
    has_heads: bool,
) -> bytes:
    """Write the page.

    Args:
        ledger: the ledger id.
        origin: the log's name.
        cases: names of the cases, ascending.
        size: of the checkpoint; None where there is none.
        events: how many are in it.
        later: how many of them are later than the checkpoint.
        slots: how many protected slots have which status.
        has_heads: whether the log signed where every stream in it ends.
    """
    if size is None:
        sealed = "NOT SEALED: nothing vouches for their order"
    else:
        sealed = f"sealed by the log when the whole ledger had {size} records"
        if later:
            sealed += f";\n  {later} of those here are later, and nothing vouches for them"
    if has_heads:
        ends = "the log signed where these cases ended then: none was cut off"
    else:
        ends = "NOT SIGNED where these cases end: later records could have been left out"
    digits = max(6, *(len(str(number)) for number in slots.values())) if slots else 6
    counted = {status.value: f"{slots.get(status, 0):>{digits}}" for status in SlotStatus}
    return _README.format(
        cases=("the case " if len(cases) == 1 else "the cases ") + ", ".join(map(shown, cases)),
        origin=origin,
        ledger=ledger,
        events=events,
        sealed=sealed,
        ends=ends,
        all=sum(slots.values()),
        space=" " * (digits + 9),
        folder=FOLDER.removesuffix("/"),
        **counted,
    ).encode()
