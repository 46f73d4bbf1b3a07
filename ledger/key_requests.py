"""Requests to the roots: one event of the key stream, written at the ledger and signed where the root keys are.

1. A request is a JSON file: the exact payload bytes (base64), what it does in words, whose signatures it asks for, and
   those that it has so far. It goes to the machine with a root key and comes back; several sign in any order.
2. What is shown before signing is read from the payload bytes, never from the words in the file; where the two
   differ, the file is refused. Who asks, and whom a key belongs to, the file can only claim: hold the ledger id against
   the one that you wrote down.
3. Each signature is checked when the file is read. Whether they suffice, the ledger decides when the request is
   applied: by its own key stream, as for every event.
4. A request is for one place of the key stream. Once the stream moved on, it is void, and a new one has to be made.

Nothing here has a store, a clock or a private key. Bytes: `claimledger.events.event` and `claimledger.events.envelope`.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeAlias

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from claimledger.events.encoding import encode
from claimledger.events.envelope import Envelope, Signature, keyid_of, pae
from claimledger.events.errors import InvalidInput, InvalidValue, KeyNotAllowed, MalformedEvent
from claimledger.events.event import Payload
from claimledger.events.governance import KeyAdded, KeyRevoked, RootsChanged
from claimledger.events.registry import Body, read_body

from .ed25519 import verify
from .signers import Signer, keyid

__all__ = ["Asked", "KeyChange", "KeyRequest"]

KeyChange: TypeAlias = KeyAdded | KeyRevoked | RootsChanged
"""What can be asked of the roots."""

REQUEST_MAX_BYTES = 256 * 1024
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Asked(BaseModel):
    """Somebody whose signature a request asks for.

    Attributes:
        holder: who holds the key, as the ledger says.
        key: the 32 raw bytes of the Ed25519 key, as hex.
        why: ``root`` for a root of the ledger as it is, ``new`` for a key that proves its possession.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    holder: Annotated[str, StringConstraints(min_length=1, max_length=8000)]
    key: _Digest
    why: Literal["root", "new"]

    @property
    def keyid(self) -> str:
        """The id of the key, 64 hex digits."""
        return keyid_of(bytes.fromhex(self.key))


class _Signed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    keyid: _Digest
    sig: Base64Bytes


class _File(BaseModel):
    """The shape of a request file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claimledger_key_request: Literal[1]
    ledger: _Digest
    origin: Annotated[str, StringConstraints(max_length=200)]
    does: list[str]
    threshold: Annotated[int, Field(ge=1)]
    asked: list[Asked]
    payload: Base64Bytes
    signatures: list[_Signed]


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """One change of keys, and the signatures that it has so far.

    Attributes:
        origin: the ledger's name, as the file says.
        payload: the exact bytes to be signed.
        threshold: how many roots must sign.
        asked: whose signatures are asked for.
        signatures: those that are there, ascending by keyid; each was checked.

    Raises:
        InvalidInput: the payload is no change of keys that this release can read.
        KeyNotAllowed: a signature by somebody who was not asked, or one that does not fit.
    """

    origin: str
    payload: bytes
    threshold: int
    asked: tuple[Asked, ...]
    signatures: tuple[Signature, ...] = ()

    def __post_init__(self) -> None:
        _ = self.change
        keys = {each.keyid: bytes.fromhex(each.key) for each in self.asked}
        for signature in self.signatures:
            key = keys.get(signature.keyid)
            if key is None:
                raise KeyNotAllowed(
                    f"the request holds a signature of key {signature.keyid}, which was not asked for"
                )
            if not verify(key, signature.signature, pae(self.payload)):
                raise KeyNotAllowed(f"the signature of key {signature.keyid} does not fit this request")

    @property
    def header(self) -> Payload:
        """The event that is to be signed.

        Raises:
            InvalidInput: the bytes are none.
        """
        try:
            return Payload.from_bytes(self.payload)
        except MalformedEvent as error:
            raise InvalidInput(f"the request holds no event: {error}") from None

    @property
    def ledger(self) -> str:
        """Id of the ledger that it is for."""
        return self.header.ledger or ""

    @property
    def change(self) -> KeyChange:
        """What it does, read from the bytes to be signed.

        Raises:
            InvalidInput: nothing that this release can read.
        """
        header = self.header
        body = read_body(header.type, header.version, header.body, {})
        if isinstance(body, (KeyAdded, KeyRevoked, RootsChanged)) and not header.commitments:
            if _is_written_as(body, header):
                return body
        raise InvalidInput(f"the request holds {header.type}, which is no change of keys that is known here")

    @property
    def words(self) -> tuple[str, ...]:
        """What it does, in words: read from the bytes to be signed."""
        header = self.header
        return (
            *_words(self.change),
            f"in ledger {self.ledger}, as event {header.sequence} of its key stream",
        )

    @property
    def missing(self) -> tuple[Asked, ...]:
        """Who could still sign: every new key that did not; and of the roots those that did not, while too few have.

        Of a change of roots, a threshold of those that it lists must sign as well.
        """
        signed = {each.keyid for each in self.signatures}
        change = self.change
        listed = {each.key for each in change.roots} if isinstance(change, RootsChanged) else set[str]()
        among = sum(each.key in listed and each.keyid in signed for each in self.asked)
        too_few_listed = isinstance(change, RootsChanged) and among < change.threshold
        return tuple(
            each
            for each in self.asked
            if each.keyid not in signed
            and (
                each.why == "new"
                or self.roots_signed < self.threshold
                or (too_few_listed and each.key in listed)
            )
        )

    @property
    def roots_signed(self) -> int:
        """How many roots have signed."""
        signed = {each.keyid for each in self.signatures}
        return sum(each.why == "root" and each.keyid in signed for each in self.asked)

    @property
    def envelope(self) -> Envelope:
        """The event with the signatures that are there.

        Raises:
            InvalidValue: there is none.
        """
        return Envelope(self.payload, self.signatures)

    def signed_by(self, signers: Sequence[Signer]) -> KeyRequest:
        """The request with the signatures of those among some signers who were asked.

        Args:
            signers: any; those who were not asked, or have signed already, are passed over.

        Returns:
            The request, which is the same where nobody of them was asked.
        """
        open_ = {each.keyid for each in self.asked} - {each.keyid for each in self.signatures}
        made = [
            Signature(keyid(signer), signer.sign(pae(self.payload)))
            for signer in {keyid(each): each for each in signers}.values()
            if keyid(signer) in open_
        ]
        return replace(self, signatures=tuple(sorted((*self.signatures, *made), key=lambda each: each.keyid)))

    def joined(self, other: KeyRequest) -> KeyRequest:
        """Two copies of one request as one, with the signatures of both.

        Raises:
            InvalidInput: they ask for different things.
        """
        if (self.payload, self.asked) != (other.payload, other.asked):
            raise InvalidInput(
                "these are two different requests; their signatures are not for the same thing"
            )
        both = {each.keyid: each for each in (*self.signatures, *other.signatures)}
        return replace(self, signatures=tuple(both[name] for name in sorted(both)))

    def to_json(self) -> bytes:
        """The file: indented ASCII JSON."""
        made = _File(
            claimledger_key_request=1,
            ledger=self.ledger,
            origin=self.origin,
            does=list(self.words),
            threshold=self.threshold,
            asked=list(self.asked),
            payload=_base64(self.payload),
            signatures=[_Signed(keyid=each.keyid, sig=_base64(each.signature)) for each in self.signatures],
        )
        return json.dumps(made.model_dump(mode="json"), indent=2, ensure_ascii=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> KeyRequest:
        """Read a file.

        Args:
            data: any bytes whatsoever.

        Raises:
            InvalidInput: no request, a damaged one, or one whose words are not what its bytes do.
            KeyNotAllowed: a signature in it does not fit, or is by somebody who was not asked.
        """
        if len(data) > REQUEST_MAX_BYTES:
            raise InvalidInput(
                f"no request for keys: {len(data)} bytes, where {REQUEST_MAX_BYTES} are allowed"
            )
        try:
            read = _File.model_validate_json(data)
            signatures = tuple(Signature(each.keyid, each.sig) for each in read.signatures)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidInput(
                f"no request for keys, or a damaged one (at {where or 'top'}: {first['msg']})"
            ) from None
        except InvalidValue as error:
            raise InvalidInput(f"no request for keys, or a damaged one ({error})") from None
        names = [each.keyid for each in signatures]
        if names != sorted(set(names)) or len({each.key for each in read.asked}) != len(read.asked):
            raise InvalidInput(
                "a damaged request: signatures are ascending, and each key is asked and signs once"
            )
        request = cls(read.origin, read.payload, read.threshold, tuple(read.asked), signatures)
        if (read.ledger, tuple(read.does)) != (request.ledger, request.words):
            raise InvalidInput(
                "what the file says in words is not what the bytes to be signed do: it was changed; sign nothing"
            )
        return request


def _words(change: KeyChange) -> list[str]:
    """A change of keys, in words."""
    if isinstance(change, KeyAdded):
        name = keyid_of(bytes.fromhex(change.key), change.algorithm)
        lines = [f"add {change.role} key {name} ({change.algorithm}), held by: {change.holder}"]
        if change.succeeds is not None:
            lines.append(f"its holder may mend what key {change.succeeds} recorded")
        return lines
    if isinstance(change, KeyRevoked):
        return [
            f"revoke key {change.key}: it may sign nothing from then on",
            f"what it signed at index {change.size} or later becomes disputed; the {change.size} events before stay "
            "trusted",
            f"the log up to there has the root {change.root}",
            f"because: {change.reason}",
        ]
    listed = [f"  {keyid_of(bytes.fromhex(each.key))}, held by: {each.holder}" for each in change.roots]
    count = len(listed)
    return [
        f"make these the root keys, of which {change.threshold} of {count} sign; any other signs nothing from then on",
        *listed,
    ]


def _is_written_as(body: Body, header: Payload) -> bool:
    """Whether the members are exactly those of the body: pydantic would also read "1" as 1."""
    return encode(body.split()[0]) == encode(header.body)


def _base64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False)
