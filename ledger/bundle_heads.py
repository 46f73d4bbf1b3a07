"""Where the streams of a bundle end, held against the notes of stream heads that the log signed (`claimledger.heads`).

1. A note counts where a log key signed it and it is of the bundle's own checkpoint.
2. Fewer events than the log knows: the tail was cut. More, or another last one: the note is of something else.
3. Where every note could be read, each stream that is here must be named by one.
"""

from __future__ import annotations

from claimledger.events.errors import VerificationFailed

from .bundle_findings import BundleFindings, counted, shown
from .bundle_links import BundleLinks
from .bundle_read import Bundle
from .checkpoints import Checkpoint
from .heads import StreamHead, open_heads
from .log_keys import head_verifiers
from .register import shared_register
from .trust import KeyStream

__all__ = ["verify_heads"]


def verify_heads(
    bundle: Bundle, checkpoint: Checkpoint, keys: KeyStream, links: BundleLinks, findings: BundleFindings
) -> None:
    """Hold the end of each stream against what the log signed.

    Args:
        bundle: an open bundle.
        checkpoint: its checkpoint.
        keys: those of the ledger.
        links: of all its events.
        findings: takes what does not hold, and that there are no notes.
    """
    ledger = bundle.contents.ledger
    named: dict[str, StreamHead] = {}
    read = failed = 0
    verifiers = head_verifiers(keys, checkpoint.size)
    for name, data in bundle.heads():
        read += 1
        try:
            heads = open_heads(data, verifiers)
        except VerificationFailed as error:
            failed += 1
            findings.add("heads.wrong", None, f"{name}: {error}")
            continue
        if (heads.size, heads.root) != (checkpoint.size, checkpoint.root):
            failed += 1
            findings.add("heads.wrong", None, f"{name}: is of another checkpoint")
            continue
        for head in heads.heads:
            if named.setdefault(head.stream, head) != head:
                said = f"{name}: says another end of a stream than another note"
                findings.add("heads.wrong", None, said)
    if not read:
        findings.add("unchecked.heads", None, "nothing that the log signed says where these cases end")
        return
    for stream, head in named.items():
        _compare(links.ends.get(stream, (0, None)), head, _in_words(stream, keys, ledger, links), findings)
    if not failed:
        for stream in links.ends.keys() - named.keys():
            said = f"the log signed nothing about the end of {_in_words(stream, keys, ledger, links)}"
            findings.add("heads.wrong", None, said)


def _compare(end: tuple[int, str | None], head: StreamHead, what: str, findings: BundleFindings) -> None:
    here, leaf = end
    if here == 0:
        said = f"the log knows {counted(head.sequence)} of {what}, and none of them is here"
        findings.add("tail.cut", None, said)
    elif here < head.sequence:
        said = (
            f"{what} had {counted(head.sequence)} when the log was sealed, and ends here with number {here}"
        )
        findings.add("tail.cut", None, said)
    elif here > head.sequence or (leaf is not None and leaf != head.leaf):
        findings.add("heads.wrong", None, f"the log signed another end of {what} than stands here")


def _in_words(stream: str, keys: KeyStream, ledger: str, links: BundleLinks) -> str:
    if stream == keys.stream:
        return "the list of keys"
    if stream == shared_register(ledger):
        return "the shared register"
    name = links.cases.get(stream)
    return f"the case {shown(name)}" if name is not None else f"stream {stream}"
