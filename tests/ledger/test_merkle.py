"""The Merkle tree: published examples, a naive tree beside ours at every size, and every way to bend a proof."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimledger.events.errors import InvalidValue, WrongProof
from claimledger.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    NodeReader,
    consistency_proof,
    hash_children,
    hash_leaf,
    inclusion_proof,
    nodes_of,
    nodes_over,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The example tree of the certificate-transparency reference implementations: entries, and the root after each.
# (google/certificate-transparency and transparency-dev/merkle, testonly/constants.go.)
ENTRIES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [hash_leaf(entry) for entry in ENTRIES]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (index, size, proof) and (old, new, proof): transparency-dev/merkle, proof/verify_test.go; indexes from 0.
INCLUSIONS = [
    (0, 1, ""),
    (
        0,
        8,
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (
        5,
        8,
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b "
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (
        1,
        5,
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d "
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
]
CONSISTENCIES = [
    (1, 1, ""),
    (
        1,
        8,
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (
        6,
        8,
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a "
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (
        2,
        5,
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
    (
        6,
        7,
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a "
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f "
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
]
# Google's log Argon 2020 at 961,984,013 certificates, consistent with its 3,654,490 (golang.org/x/mod,
# sumdb/tlog/testdata/argon2020: sth.json, consistency.json, ct_test.go).
ARGON_OLD = (3654490, "AuIZ5V6sDUj1vn3Y1K85oOaQ7y+FJJKtyRTl1edIKBQ=")
ARGON_NEW = (961984013, "dwlueapdd7LaOEnX2W2Wp9v2XE+KzejHRQGHwEx0oaM=")
ARGON_PROOF = """
    80Sfbj6UQEdVSZCSIgh9NMPj3vCBzcc1A48B2crJSWg= FZcrgAHUk6nNPviJZq8kEK6jCG1d18pJOFE45ZDc1TQ=
    Q67reWXmPBo1UfmwBap4Xi9PMPfFdUSSw3WGlRZdG7k= eJ7CyhR4PxzBxDIsWgrVYW1eFUb9ndgf46tFmiqVrxA=
    QrDwp062Grm5WY8KdrhFsBuuNjGzRox2Jb8PmVL5OYw= XM4YMjMEdLH/XJam/ZWyaP14k3cmsOtnPsOWQ54lW1s=
    SGiBh+jOTGccXU48ZzgQ88lRcBmtB4wz4oSDndv2QTg= WAS6txqNLYKGL1GdBdpqmV42TTfn6cJsuDsqLXuTCNI=
    QFmRS0rirUA7ZN3lxFjDncV+E1OCrn3NUB4RCp+5fzc= Hdbp7It2XBNZmNDBpCN/KPd7vfVqxgzwOosqVIaEA9E=
    mxvHL0ZiblBdD7j7pIa1jlfB0gSqfJ6oX0UGo7L0VsU= q5hjyvoW6TL/PThgcitpDcSTrnKX2p1+aqscqH2euRA=
    jTOWDqt3IHj2NVFeezyBz2ofpru+ztEywqKUAfFclKI= GIRn0w3HqJdvU9j1WVD//eR6lk2AaTVjyzjsJNP8U88=
    x52GJvxG81fnQBrgOTbll1A5tz95/LXK0Ag1NhB0r1I= 6/0OqrcTgc3o5dD5PymmoC96lB9yLPFuTHVvLy8fSGk=
    Gf+iKLfcXO5l4JEFmsZvSdG5q1uEeWPfYLrds6pmjz0= DGuaco+McyM3AfRSF6qX7RwSetwe2ieYJmxw5e9rVx0=
    2tQJ9V32hnYp+fdpP6TcjmgJmLeNVOMKM0Ml1kk4cNU= 3PapK+IkyJr8I9yAErAmzuZezzLMzsg+PfeRCgNW8NQ=
    s6xiYeejb+wtqHA+URJZ2I/SCPyIW8coP6aB00FJbMY= z9lSpmdTcr5M5ZzKlc4EPh3SrSypKFdk6JUF/UccaZU=
    GXIElfmnRuWfbA4z7ubV/UwlpSRUbUeec7oL5HDDnh0= pR0SH/NYP6s9+8azWwaeUXA4Ze/3WCIgMfh5YW6wvcE=
    f3GuAKYVrF8RBg3s15jvA/YvV9oAliWtzP/imwPhQVA= WHn8zDxlVgkV+lSlmzaOdfSBrTHoRr5nT3d76q0KKWE=
    f2uV2ZxVgULzLPKuZcowRY3ZY7fRlX59iDBjV1R8kNQ= NzQVjJsvQwbi7WStMr9oFkh9VbHfK7LB6o7WwAqwNTs=
    C0LttBeYHZHgL+032JIcJC3CTBIyza/hsbmJUgJfmDI= nixU5CWTFVDlF4BGdcU6kA7WSYurEpe9jRWc+F/7sOc=
"""


def hashes(text: str) -> list[bytes]:
    return [bytes.fromhex(each) for each in text.split()]


class NaiveTree:
    """RFC 6962 by its recursive definitions over one list, with every subtree that was computed kept."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = leaves
        self.kept: dict[tuple[int, int], bytes] = {}

    def root(self, start: int, end: int) -> bytes:
        if end - start == 1:
            return self.leaves[start]
        if (start, end) not in self.kept:
            middle = start + self.k(end - start)
            both = self.root(start, middle) + self.root(middle, end)
            self.kept[start, end] = sha256(b"\x01" + both).digest()
        return self.kept[start, end]

    def path(self, m: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + self.k(end - start)
        if m < middle:
            return [*self.path(m, start, middle), self.root(middle, end)]
        return [*self.path(m, middle, end), self.root(start, middle)]

    def subproof(self, m: int, start: int, end: int, known: bool = True) -> list[bytes]:
        if m == end:
            return [] if known else [self.root(start, end)]
        middle = start + self.k(end - start)
        if m <= middle:
            return [*self.subproof(m, start, middle, known), self.root(middle, end)]
        return [*self.subproof(m, middle, end, False), self.root(start, middle)]

    @staticmethod
    def k(count: int) -> int:
        k = 1
        while 2 * k < count:
            k *= 2
        return k

    def reader(self) -> NodeReader:
        return lambda nodes: [self.root(index << level, index + 1 << level) for level, index in nodes]


def many_leaves(count: int) -> list[bytes]:
    return [hash_leaf(number.to_bytes(2, "big")) for number in range(count)]


def test_the_published_roots_are_met() -> None:
    assert [root_of(LEAVES[:size]).hex() for size in range(9)] == ROOTS
    assert ROOTS[0] == EMPTY_ROOT.hex()


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_the_published_inclusion_proofs_are_made_and_verified(index: int, size: int, proof: str) -> None:
    assert inclusion_proof(index, size, nodes_of(LEAVES)) == hashes(proof)
    verify_inclusion(index, size, LEAVES[index], hashes(proof), bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCIES)
def test_the_published_consistency_proofs_are_made_and_verified(old: int, new: int, proof: str) -> None:
    assert consistency_proof(old, new, nodes_of(LEAVES)) == hashes(proof)
    verify_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), hashes(proof))


def test_a_proof_by_a_log_of_a_thousand_million_certificates_is_verified() -> None:
    proof = [base64.b64decode(each) for each in ARGON_PROOF.split()]
    old_root, new_root = base64.b64decode(ARGON_OLD[1]), base64.b64decode(ARGON_NEW[1])
    verify_consistency(ARGON_OLD[0], ARGON_NEW[0], old_root, new_root, proof)
    with pytest.raises(WrongProof):
        verify_consistency(ARGON_OLD[0] + 1, ARGON_NEW[0], old_root, new_root, proof)


def test_the_tree_of_section_2_1_3_has_the_proofs_that_are_drawn_there() -> None:
    # The figure names the nodes of seven leaves d0 to d6: a to f and j are leaves, g, h, i their parents, k, l above.
    leaves = many_leaves(7)
    a, b, c, d, _, f, j = leaves
    g, h, i = hash_children(a, b), hash_children(c, d), hash_children(leaves[4], f)
    k, l = hash_children(g, h), hash_children(i, j)  # noqa: E741
    read = nodes_of(leaves)
    assert root_of(leaves) == hash_children(k, l)
    assert inclusion_proof(0, 7, read) == [b, h, l]
    assert inclusion_proof(3, 7, read) == [c, g, l]
    assert inclusion_proof(4, 7, read) == [f, j, k]
    assert inclusion_proof(6, 7, read) == [i, k]
    assert consistency_proof(3, 7, read) == [c, d, g, l]
    assert consistency_proof(4, 7, read) == [l]
    assert consistency_proof(6, 7, read) == [i, j, k]


def agree(sizes: Sequence[int]) -> int:
    """Every root, every inclusion proof and every pair of sizes against the naive tree; how many proofs that were."""
    leaves = many_leaves(max(sizes))
    naive = NaiveTree(leaves)
    read, compared = naive.reader(), 0
    frontier, roots = Frontier(), [EMPTY_ROOT]
    for leaf in leaves:
        frontier.append(leaf)
        roots.append(frontier.root())
    for size in sizes:
        assert roots[size] == naive.root(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, read)
            assert proof == naive.path(index, 0, size)
            verify_inclusion(index, size, leaves[index], proof, roots[size])
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, read)
            assert proof == naive.subproof(old, 0, size)
            verify_consistency(old, size, roots[old], roots[size], proof)
        compared += 2 * size
    return compared


def test_every_proof_in_trees_of_up_to_130_leaves_is_the_naive_one() -> None:
    assert agree(range(1, 131)) == 130 * 131


@pytest.mark.slow
def test_every_proof_in_trees_of_up_to_1025_leaves_is_the_naive_one() -> None:
    assert agree(range(1, 1026)) == 1025 * 1026


def test_a_proof_bent_in_any_way_is_wrong() -> None:
    leaves = many_leaves(21)
    read = nodes_of(leaves)
    roots = [root_of(leaves[:size]) for size in range(22)]
    for size in range(1, 22):
        for index in range(size):
            proof = inclusion_proof(index, size, read)

            def verify(
                bent: Sequence[bytes],
                place: int = index,
                of: int = size,
                leaf: bytes = leaves[index],
                root: bytes = roots[size],
            ) -> None:
                verify_inclusion(place, of, leaf, bent, root)

            refuse_bent(proof, verify)
            for other in range(size):
                if other != index:
                    refuse(verify, proof, other)
            refuse(verify, proof, index, size, leaves[(index + 1) % 21])
            refuse(verify, proof, index, size, leaves[index], roots[size - 1])
            if proof:
                # What is hashed on the way is no leaf, and its index is another.
                parent = inclusion_proof(index, size, read)[1:]
                pair = (proof[0], leaves[index]) if index & 1 else (leaves[index], proof[0])
                refuse(verify, parent, index // 2, (size + 1) // 2, hash_leaf(b"".join(pair)))


def test_a_consistency_proof_bent_in_any_way_is_wrong() -> None:
    leaves = many_leaves(21)
    read = nodes_of(leaves)
    roots = [root_of(leaves[:size]) for size in range(22)]
    for new in range(1, 22):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, read)

            def verify(bent: Sequence[bytes], older: int = old, newer: int = new) -> None:
                verify_consistency(older, newer, roots[older], roots[newer], bent)

            refuse_bent(proof, verify)
            refuse(verify_consistency, old, new, roots[old - 1], roots[new], proof)
            refuse(verify_consistency, old, new, roots[old], roots[new - 1], proof)
            if old < new:
                refuse(verify_consistency, old, new, roots[new], roots[old], proof)
                refuse(verify_consistency, new, old, roots[new], roots[old], proof)


def refuse(verify: Callable[..., None], *arguments: object) -> None:
    with pytest.raises(WrongProof):
        verify(*arguments)


def refuse_bent(proof: list[bytes], verify: Callable[[Sequence[bytes]], None]) -> None:
    verify(proof)
    for extra in (bytes(32), EMPTY_ROOT, b""):
        refuse(verify, [*proof, extra])
        refuse(verify, [extra, *proof])
    for at, each in enumerate(proof):
        refuse(verify, proof[:at] + proof[at + 1 :])
        refuse(verify, [*proof[:at], bytes([each[0] ^ 8]) + each[1:], *proof[at + 1 :]])
        refuse(verify, [*proof[:at], each[:31], *proof[at + 1 :]])
        refuse(verify, [*proof[:at], each + b"\0", *proof[at + 1 :]])
        refuse(verify, [*proof[:at], each, *proof[at:]])


@pytest.mark.parametrize(
    ("index", "size"),
    [(0, 0), (-1, 1), (1, 1), (2, 1), (0, -1), (0, MAX_SIZE + 1), (True, 2), (2**70, 2**71)],
)
def test_a_leaf_that_no_tree_has_is_wrong(index: int, size: int) -> None:
    with pytest.raises(WrongProof, match="no tree of that size"):
        verify_inclusion(index, size, LEAVES[0], [], LEAVES[0])


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), bytes(64), "0" * 32, None])
def test_hashes_that_are_not_32_bytes_are_refused(bad: bytes) -> None:
    good = LEAVES[0]
    for leaf, root in ((bad, good), (good, bad), (bad, bad)):
        with pytest.raises(WrongProof, match="32 bytes"):
            verify_inclusion(0, 1, leaf, [], root)
        with pytest.raises(WrongProof, match="32 bytes"):
            verify_consistency(1, 1, leaf, root, [])
    with pytest.raises(WrongProof, match="32 bytes"):
        verify_inclusion(0, 2, good, [bad], good)
    with pytest.raises(WrongProof, match="32 bytes"):
        verify_consistency(1, 2, good, good, [bad])
    with pytest.raises(InvalidValue, match="32 bytes"):
        Frontier().append(bad)
    with pytest.raises(InvalidValue, match="32 bytes"):
        Frontier(1, [bad])
    with pytest.raises(InvalidValue, match="32 bytes"):
        inclusion_proof(0, 2, lambda nodes: [bad] * len(nodes))


def test_consistency_from_size_0_shows_nothing_and_fails() -> None:
    for new, root in ((0, EMPTY_ROOT), (1, LEAVES[0]), (8, bytes.fromhex(ROOTS[8]))):
        with pytest.raises(WrongProof, match="shows nothing"):
            verify_consistency(0, new, EMPTY_ROOT, root, [])
        with pytest.raises(InvalidValue, match="1 <= old"):
            consistency_proof(0, new, nodes_of(LEAVES))


def test_two_roots_of_one_size_are_a_fork() -> None:
    with pytest.raises(WrongProof, match="forked"):
        verify_consistency(8, 8, LEAVES[0], bytes.fromhex(ROOTS[8]), [])


@pytest.mark.parametrize(("old", "new"), [(2, 1), (-1, 1), (1, -1), (1, MAX_SIZE + 1), (True, 2), (0, -1)])
def test_sizes_between_which_nothing_can_be_shown_are_refused(old: int, new: int) -> None:
    with pytest.raises(WrongProof):
        verify_consistency(old, new, LEAVES[0], LEAVES[0], [])
    with pytest.raises(InvalidValue):
        consistency_proof(old, new, nodes_of(LEAVES))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (0, -1), (0, MAX_SIZE + 1), (False, 1)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(InvalidValue):
        inclusion_proof(index, size, nodes_of(LEAVES))


def test_a_reader_that_gives_too_few_nodes_is_told_so() -> None:
    with pytest.raises(InvalidValue, match="read_nodes"):
        inclusion_proof(0, 8, lambda nodes: LEAVES[:1])


@given(size=st.integers(1, MAX_SIZE), data=st.data())
def test_proofs_in_trees_of_any_size_have_as_many_hashes_as_verifying_asks_for(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    asked: list[tuple[int, int]] = []

    def read(nodes: Sequence[tuple[int, int]], /) -> list[bytes]:
        asked.extend(nodes)
        return [bytes(32)] * len(nodes)

    proof = inclusion_proof(index, size, read)
    assert len(proof) <= 63
    assert all(index + 1 << level <= size for level, index in asked)
    # Only the root can be what is wrong with it.
    with pytest.raises(WrongProof, match="lead"):
        verify_inclusion(index, size, bytes(32), proof, b"\1" * 32)
    proof = consistency_proof(index + 1, size, read)
    with pytest.raises(WrongProof, match=r"lead|forked"):
        verify_consistency(index + 1, size, bytes(32), b"\1" * 32, proof)


@given(count=st.integers(0, 300), cut=st.integers(0, 300))
def test_a_frontier_that_is_kept_and_taken_up_again_grows_into_the_same_tree(count: int, cut: int) -> None:
    leaves = many_leaves(count)
    frontier = Frontier()
    frontier.extend(leaves[:cut])
    again = Frontier(frontier.size, frontier.hashes)
    beside = frontier.copy()
    again.extend(leaves[cut:])
    assert (again.size, again.root()) == (count, root_of(leaves))
    assert beside.root() == frontier.root() == root_of(leaves[:cut])
    assert list(again.hashes) == nodes_of(leaves)(list(nodes_over(0, count)))


@pytest.mark.parametrize(("size", "count"), [(0, 1), (3, 1), (4, 2), (-1, 0), (MAX_SIZE + 1, 1)])
def test_a_frontier_with_other_hashes_than_its_size_asks_for_is_refused(size: int, count: int) -> None:
    with pytest.raises(InvalidValue):
        Frontier(size, [bytes(32)] * count)


def test_a_full_tree_takes_no_more() -> None:
    with pytest.raises(InvalidValue, match="at most"):
        Frontier(MAX_SIZE, [bytes(32)] * 63).append(bytes(32))
