"""The Merkle tree of the log: roots, inclusion proofs and consistency proofs (RFC 6962, section 2.1).

1. A leaf hash is SHA-256(0x00 + entry), a node SHA-256(0x01 + left + right): no leaf can pass as a node. A
   tree of n > 1 leaves splits at the largest power of two below n. The root of no leaves is SHA-256 of nothing.
2. Nodes are named (level, index): node (l, i) is the root over the 2**l leaves from i * 2**l on, and stands
   only where all of them are there. Proofs are made from such nodes, asked for in one call of a `NodeReader`,
   so that the same functions serve a list in memory (`nodes_of`) and tiles in a store (`ledger/tiles.py`).
3. Verifying needs the sizes and the hashes alone. A proof has exactly the hashes that its sizes ask for, none
   too many, none too few, 32 bytes each; a proof for another leaf, index or size is `WrongProof`.
4. The empty tree is a prefix of every tree and shows nothing: consistency from size 0 is refused, not granted.
5. A `Frontier` is what has to be kept of a tree in order to append to it: at most 63 hashes at any size.

No store, no clock, no keys. The leaf entry of an event is `claimledger.events.envelope.Envelope.leaf_entry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final, Protocol

from claimledger.events.envelope import hash_leaf
from claimledger.events.errors import InvalidValue, WrongProof

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "MAX_SIZE",
    "Frontier",
    "NodeReader",
    "consistency_proof",
    "hash_children",
    "hash_leaf",
    "inclusion_proof",
    "nodes_of",
    "nodes_over",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

HASH_BYTES: Final = 32
MAX_SIZE: Final = 2**63 - 1
"""No tree is larger: sizes fit a signed integer of 64 bits everywhere (SQLite, PostgreSQL, other readers)."""


class NodeReader(Protocol):
    """Gives the hashes of complete nodes; all that a proof needs is asked for in one call."""

    def __call__(self, nodes: Sequence[tuple[int, int]], /) -> Sequence[bytes]:
        """The hashes of nodes, each (level, index), in the order asked for: 32 bytes each."""
        ...


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children, 32 bytes each: 32 bytes."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: a mutable fold over leaf hashes, in O(log n) memory.

    Args:
        size: how many leaves the tree has.
        hashes: roots of the complete subtrees that it consists of, the largest (leftmost) first; one for each
            bit that is set in ``size``. `nodes_over` (0, size) names the nodes that they are.

    Raises:
        InvalidValue: the hashes are not those of a tree of this size.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        _check_size(size)
        if len(hashes) != size.bit_count() or any(not _is_hash(each) for each in hashes):
            raise InvalidValue(f"a frontier of {size} leaves has {size.bit_count()} hashes of 32 bytes")
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, the largest first."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Take one more leaf in.

        Raises:
            InvalidValue: the hash is not 32 bytes, or the tree is full.
        """
        if not _is_hash(leaf_hash):
            raise InvalidValue("a leaf hash has 32 bytes")
        if self._size == MAX_SIZE:
            raise InvalidValue(f"a tree has at most {MAX_SIZE} leaves")
        # As in binary addition: each bit that carries joins two subtrees of one height.
        node, carry = leaf_hash, self._size
        while carry & 1:
            node = hash_children(self._hashes.pop(), node)
            carry >>= 1
        self._hashes.append(node)
        self._size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Take leaves in, one after the other; see `append`."""
        for leaf_hash in leaf_hashes:
            self.append(leaf_hash)

    def root(self) -> bytes:
        """The root of the tree: 32 bytes."""
        return _fold(self._hashes) if self._hashes else EMPTY_ROOT

    def copy(self) -> Frontier:
        """Another frontier of the same tree, which grows on its own."""
        return Frontier(self._size, self._hashes)


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, 32 bytes each, taken in one after the other: 32 bytes.

    Raises:
        InvalidValue: a hash is not 32 bytes.
    """
    frontier = Frontier()
    frontier.extend(leaf_hashes)
    return frontier.root()


def nodes_of(leaf_hashes: Sequence[bytes]) -> NodeReader:
    """Nodes over a list of leaf hashes in memory, for small trees: every node is computed when asked for."""

    def read(nodes: Sequence[tuple[int, int]], /) -> list[bytes]:
        return [root_of(leaf_hashes[index << level : index + 1 << level]) for level, index in nodes]

    return read


def inclusion_proof(index: int, size: int, read_nodes: NodeReader) -> list[bytes]:
    """The proof that a leaf is in a tree (RFC 6962, section 2.1.1).

    Args:
        index: place of the leaf, from 0.
        size: how many leaves the tree has.
        read_nodes: gives nodes of a tree of at least that size.

    Returns:
        Hashes from the leaf's sibling up to the child of the root; none in a tree of one leaf.

    Raises:
        InvalidValue: no such leaf in a tree of this size.
    """
    _check_size(size)
    if type(index) is not int or not 0 <= index < size:
        raise InvalidValue(f"there is no leaf {index} in a tree of {size} leaves")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return _read_ranges(ranges[::-1], read_nodes)


def consistency_proof(old: int, new: int, read_nodes: NodeReader) -> list[bytes]:
    """The proof that a tree is another one with leaves appended (RFC 6962, section 2.1.2).

    Args:
        old: how many leaves the older tree has, at least 1.
        new: how many the newer one has, at least as many.
        read_nodes: gives nodes of a tree of at least ``new`` leaves.

    Returns:
        The hashes in the order of the RFC; none where the sizes are the same.

    Raises:
        InvalidValue: sizes between which nothing can be proven.
    """
    _check_size(new)
    if type(old) is not int or not 1 <= old <= new:
        raise InvalidValue(f"nothing proves consistency from size {old} to size {new}: 1 <= old <= new")
    ranges, start, end = [], 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    # Where the older tree is one complete subtree of the newer one, its root is known to the verifier.
    if start:
        ranges.append((start, end))
    return _read_ranges(ranges[::-1], read_nodes)


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Hold a leaf against the root of a tree.

    Args:
        index: place of the leaf, from 0.
        size: how many leaves the tree has.
        leaf_hash: 32 bytes.
        proof: see `inclusion_proof`.
        root: 32 bytes, from a checkpoint that was verified.

    Raises:
        WrongProof: no such leaf, another number of hashes than these sizes ask for, or another root.
    """
    if not _is_size(size) or type(index) is not int or not 0 <= index < size:
        raise WrongProof("inclusion proof: no tree of that size has a leaf at that index")
    # Up to where the ways of this leaf and of the last one meet, a sibling stands on either side; above,
    # only on the left, since the tree ends here.
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    _check_hashes("inclusion proof", proof, inner + border, (leaf_hash, root))
    node = _chain(leaf_hash, proof, inner, index)
    if node != root:
        raise WrongProof("inclusion proof: the hashes do not lead from this leaf to the root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Hold the root of a tree against the root of the tree that it is said to have grown from.

    Args:
        old: how many leaves the older tree has.
        new: how many the newer one has.
        old_root: 32 bytes.
        new_root: 32 bytes.
        proof: see `consistency_proof`.

    Raises:
        WrongProof: size 0 (nothing can be shown), sizes that shrink, another number of hashes than the sizes
            ask for, or hashes that lead to another root.
    """
    if not _is_size(old) or not _is_size(new) or old > new:
        raise WrongProof(
            "consistency proof: the newer tree must have at least as many leaves as the older one"
        )
    if old == 0:
        raise WrongProof(
            "consistency proof: an empty tree is consistent with every tree, which shows nothing"
        )
    if old == new:
        _check_hashes("consistency proof", proof, 0, (old_root, new_root))
        if old_root != new_root:
            raise WrongProof(
                "consistency proof: two trees of one size have different roots: the log was forked"
            )
        return
    # The largest complete subtree that ends where the older tree ends has 2**height leaves; the proof starts
    # with its root, unless that is the older tree itself.
    height = (old & -old).bit_length() - 1
    known = old == 1 << height
    place = (old - 1) >> height
    inner = ((old - 1) ^ (new - 1)).bit_length() - height
    border = (place >> inner).bit_count()
    _check_hashes("consistency proof", proof, inner + border + (not known), (old_root, new_root))
    seed, rest = (old_root, proof) if known else (proof[0], proof[1:])
    # What stood on the left is in both trees; what stands on the right came later.
    older = seed
    for level, sibling in enumerate(rest):
        if level >= inner or place >> level & 1:
            older = hash_children(sibling, older)
    if older != old_root:
        raise WrongProof("consistency proof: the hashes do not lead to the older root")
    if _chain(seed, rest, inner, place) != new_root:
        raise WrongProof("consistency proof: the hashes do not lead to the newer root")


def nodes_over(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete nodes that together cover the leaves from ``start`` to before ``end``, from left to right.

    Each is the largest that starts where the one before ends. Over a range that is a subtree of a tree, as
    those of proofs are, they are joined from the right (`hash_children`) into its root.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def _split(count: int) -> int:
    """The largest power of two below a count of at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size."""
    node = hashes[-1]
    for left in hashes[-2::-1]:
        node = hash_children(left, node)
    return node


def _chain(node: bytes, siblings: Sequence[bytes], inner: int, place: int) -> bytes:
    """Climb from a node at ``place`` of its level to the root, past one sibling on each level that has one."""
    for level, sibling in enumerate(siblings):
        if level < inner and not place >> level & 1:
            node = hash_children(node, sibling)
        else:
            node = hash_children(sibling, node)
    return node


def _read_ranges(ranges: Sequence[tuple[int, int]], read_nodes: NodeReader) -> list[bytes]:
    """The root over each range of leaves, from the nodes that cover it."""
    covers = [list(nodes_over(start, end)) for start, end in ranges]
    wanted = [node for cover in covers for node in cover]
    if not wanted:
        return []
    hashes = read_nodes(wanted)
    if len(hashes) != len(wanted) or any(not _is_hash(each) for each in hashes):
        raise InvalidValue("read_nodes must give one hash of 32 bytes for each node that it is asked for")
    proof, at = [], 0
    for cover in covers:
        proof.append(_fold(hashes[at : at + len(cover)]))
        at += len(cover)
    return proof


def _check_hashes(what: str, proof: Sequence[bytes], count: int, others: Sequence[bytes]) -> None:
    if len(proof) != count:
        raise WrongProof(f"{what}: {len(proof)} hashes, where a tree of that size asks for {count}")
    if any(not _is_hash(each) for each in (*proof, *others)):
        raise WrongProof(f"{what}: every hash, leaf and root must have 32 bytes")


def _check_size(size: int) -> None:
    if not _is_size(size):
        raise InvalidValue(f"a tree has 0 to {MAX_SIZE} leaves, a whole number")


def _is_size(size: object) -> bool:
    return type(size) is int and 0 <= size <= MAX_SIZE


def _is_hash(value: object) -> bool:
    return type(value) is bytes and len(value) == HASH_BYTES
