"""Where the streams of a bundle end, held against the notes of stream heads that the log signed (`claimledger.heads`).

1. A note counts where the log keys signed it, it is of the bundle's own checkpoint, and of the stream that its file is
   named after.
2. Fewer events than the log knows: the tail was cut. More, or another last one: the note is of something else.
3. A stream that no file is named after could have been cut off; of the shared register a note is there in any case, or
   nobody could tell one that was taken out from one that never was.
"""

from __future__ import annotations

from collections.abc import Sequence

from claimledger.events.errors import InvalidValue, VerificationFailed, WrongLedger

from .bundle_files import HEADS
from .bundle_findings import BundleFindings, counted, shown
from .bundle_links import BundleLinks
from .bundle_log import State
from .bundle_read import Bundle
from .heads import NO_LEAF, StreamHead, open_head
from .log_keys import head_verifiers
from .notes import MAX_NOTE_BYTES, NoteVerifier
from .register import shared_register
from .trust import KeyStream

__all__ = ["verify_heads"]


def verify_heads(
    bundle: Bundle, state: State, keys: KeyStream, links: BundleLinks, findings: BundleFindings
) -> None:
    """Hold the end of each stream against what the log signed.

    Args:
        bundle: an open bundle.
        state: what its checkpoint says.
        keys: those of the ledger.
        links: of all its events.
        findings: takes what does not hold, and which notes are not here.
    """
    signed, log = bundle.below(HEADS), head_verifiers(keys, state.size)
    for stream in signed:
        try:
            head = _read(bundle, stream, state, log)
        except (VerificationFailed, InvalidValue) as error:
            findings.add("heads.wrong", f"heads/{stream}: {error}")
            continue
        here, leaf = links.ends.get(stream, (0, NO_LEAF))
        what = _in_words(stream, keys, findings)
        if here < head.sequence:
            known = f"the log knows {counted(head.sequence)} of {what}"
            said = f"and it ends here with number {here}" if here else "and none of them is here"
            findings.add("tail.cut", f"{known}, {said}")
        elif here > head.sequence or leaf != head.leaf:
            findings.add("heads.wrong", f"the log signed another end of {what} than stands here")
    for stream in sorted({*links.ends, shared_register(keys.ledger_id)} - set(signed)):
        said = f"the log signed nothing here about the end of {_in_words(stream, keys, findings)}"
        findings.add("unchecked.heads", said)


def _read(bundle: Bundle, stream: str, state: State, log: Sequence[NoteVerifier]) -> StreamHead:
    head = open_head(bundle.read(HEADS + stream, MAX_NOTE_BYTES), log)
    if (head.size, head.root, head.stream) != (state.size, state.root, stream):
        raise WrongLedger("is of another stream or checkpoint")
    return head


def _in_words(stream: str, keys: KeyStream, findings: BundleFindings) -> str:
    if stream == keys.stream:
        return "the list of keys"
    if stream == shared_register(keys.ledger_id):
        return "the shared register"
    name = findings.cases.get(stream)
    return f"the case {shown(name)}" if name is not None else f"stream {stream}"
