"""The errors of claimledger, all in one tree.

    ClaimLedgerError
    |-- InvalidInput              what was handed in cannot be recorded or asked; nothing was written
    |   |-- InvalidValue          a value breaks the rules of its field (also a ValueError)
    |   |-- UnknownName           no such case, entity, source, claim, kind or code
    |   |-- NameTaken             a case, entity, source or claim of that name is there already
    |   |-- IdempotencyConflict   the same key came again with other content
    |   `-- ClaimFileError        a claim file has problems; `.problems` lists every one of them
    |-- VerificationFailed        the evidence is WRONG: someone or something changed it
    |   |-- MalformedEvent        bytes that no writer of this format produces
    |   |-- WrongSignature        the signature does not fit the bytes
    |   |-- KeyNotAllowed         an unknown key, or one that may not sign this here
    |   |-- WrongLedger           an event (or pin) of another ledger
    |   |-- BrokenChain           a gap, reorder, splice or duplicate inside a stream or the log
    |   |-- RowMismatch           a row of the store disagrees with the event signed in it
    |   |-- WrongDisclosure       disclosed content does not fit its commitment
    |   |-- MalformedNote         bytes that are no signed note, checkpoint, cosignature or proof
    |   |-- ForkRefused           the log's key signed another history before, and signs no second one
    |   |-- RolledBack            a published log shows less than it showed before
    |   |-- SplitView             a log shows two histories that cannot both be its own
    |   |-- WrongProof            hashes that do not lead from a leaf, or an older root, to the root
    |   |-- WrongTile             a tile or bundle of the log has another length or content
    |   |-- WrongTimestamp        a timestamp token is for something else, or does not verify
    |   |-- FutureCosignature     a witness's cosignature names a time that has not come yet
    |   |-- MalformedBundle       a file that is no bundle, or no whole one
    |   `-- WrongBundle           a bundle in which something does not hold
    |-- CouldNotCheck             nothing was found wrong, because something needed is MISSING
    |   |-- NotPinned             no ledger id was given to hold the ledger against
    |   |-- NotWitnessed          fewer witnesses have cosigned than were asked for
    |   |-- NotTheLatest          a witness has cosigned another size of the log last; `.size` says which
    |   |-- UntrustedTimestamp    a timestamp token is from no authority that is trusted
    |   |-- LogUnavailable        a file of a published log is not there, or cannot be had
    |   |-- NotSealed             no checkpoint covers it yet
    |   `-- MissingDisclosure     the content behind a commitment is not here
    |-- MissingExtra              an optional part of claimledger is not installed
    |-- LedgerUnavailable         the ledger cannot be opened or written
    |   |-- LedgerNotFound        nothing at that place
    |   |-- LedgerExists          something is at that place already
    |   |-- NotALedger            what is there is no ledger
    |   |-- NewerSchema           written by a newer release
    |   |-- ReadOnly              opened, or only readable, without writing
    |   |-- LedgerBusy            other writers kept winning; nothing was written
    |   |-- ErasureUnfinished     recorded as erased, but bytes are still on the disk
    |   `-- LedgerClosed          used after close, or in a forked process
    |-- KindsNotLoaded            kinds of claim that an installed distribution brings cannot be loaded
    `-- KeyringError              the private keys cannot be used
        |-- KeyMissing            no key for what is asked
        |-- TokenUnavailable      the token that holds a key is not there, or does not answer
        |-- WrongPassphrase       the passphrase does not open the key
        |-- WrongPin              the token that holds a key refuses the PIN
        `-- WeakKey               a public key under which signatures prove nothing

Wrong and could-not-check are never the same class. Every class carries a stable `code`, which reports and
``--json`` output repeat. Messages say what, where and what to do; they never hold protected content.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BrokenChain",
    "ClaimFileError",
    "ClaimLedgerError",
    "CouldNotCheck",
    "ErasureUnfinished",
    "FutureCosignature",
    "ForkRefused",
    "IdempotencyConflict",
    "InvalidInput",
    "InvalidValue",
    "KeyMissing",
    "KeyNotAllowed",
    "KeyringError",
    "KindsNotLoaded",
    "LedgerBusy",
    "LedgerClosed",
    "LedgerExists",
    "LedgerNotFound",
    "LedgerUnavailable",
    "LogUnavailable",
    "MalformedBundle",
    "MalformedEvent",
    "MalformedNote",
    "MissingDisclosure",
    "MissingExtra",
    "NameTaken",
    "NewerSchema",
    "NotALedger",
    "NotPinned",
    "NotWitnessed",
    "NotSealed",
    "NotTheLatest",
    "ReadOnly",
    "RolledBack",
    "RowMismatch",
    "SplitView",
    "TokenUnavailable",
    "UnknownName",
    "UntrustedTimestamp",
    "VerificationFailed",
    "WeakKey",
    "WrongBundle",
    "WrongDisclosure",
    "WrongLedger",
    "WrongPassphrase",
    "WrongPin",
    "WrongProof",
    "WrongSignature",
    "WrongTile",
    "WrongTimestamp",
]


class ClaimLedgerError(Exception):
    """Base of everything that this library raises on purpose."""

    code: ClassVar[str] = "error"


class InvalidInput(ClaimLedgerError):
    """What was handed in cannot be recorded or asked; nothing was written."""

    code = "input"


class InvalidValue(InvalidInput, ValueError):
    """A value breaks the rules of its field."""

    code = "input.value"


class UnknownName(InvalidInput):
    """No case, entity, source, claim, kind or code of that name."""

    code = "input.unknown"


class NameTaken(InvalidInput):
    """A case, entity, source or claim of that name is recorded already, with other content."""

    code = "input.taken"


class IdempotencyConflict(InvalidInput):
    """The same idempotency key came again with other content."""

    code = "input.conflict"


class ClaimFileError(InvalidInput):
    """A claim file has problems. ``problems`` holds one line for each: place, path and what was expected."""

    code = "input.claimfile"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[ClaimFileError], tuple[tuple[str, ...]]]:
        return (type(self), (self.problems,))


class VerificationFailed(ClaimLedgerError):
    """The evidence is wrong: what is stored is not what was signed, or was signed by no one who may."""

    code = "wrong"


class MalformedEvent(VerificationFailed):
    """Bytes that no writer of this format produces."""

    code = "event.malformed"


class WrongSignature(VerificationFailed):
    """The signature does not fit the bytes."""

    code = "signature.wrong"


class KeyNotAllowed(VerificationFailed):
    """The signing key is unknown, or may not sign this at this place."""

    code = "key.not_allowed"


class WrongLedger(VerificationFailed):
    """An event of another ledger, or a ledger that is not the pinned one."""

    code = "ledger.other"


class BrokenChain(VerificationFailed):
    """A gap, reorder, splice or duplicate inside a stream or in the log."""

    code = "chain.broken"


class RowMismatch(VerificationFailed):
    """A row of the store disagrees with the event that is signed in it."""

    code = "row.mismatch"


class WrongDisclosure(VerificationFailed):
    """Disclosed content does not fit the commitment that it claims to open."""

    code = "disclosure.wrong"


class MalformedNote(VerificationFailed):
    """Bytes that are no signed note, checkpoint, cosignature or proof of the formats that are read here."""

    code = "note.malformed"


class ForkRefused(VerificationFailed):
    """The log's key signed another history before; it signs nothing that does not go on from it."""

    code = "log.fork"


class RolledBack(VerificationFailed):
    """A published log shows fewer events than it showed before: an older checkpoint, or a tail that was cut off."""

    code = "log.rolled_back"


class SplitView(VerificationFailed):
    """A log shows two histories, of which at most one can be its own: it tells different people different things."""

    code = "log.split"


class WrongProof(VerificationFailed):
    """Hashes that do not lead from a leaf, or from an older root, to the root that they should lead to."""

    code = "proof.wrong"


class WrongTile(VerificationFailed):
    """A tile or an entry bundle of the log has another length or content than its place asks for."""

    code = "tile.wrong"


class WrongTimestamp(VerificationFailed):
    """A timestamp token is for something else, or does not verify under the authority that it names."""

    code = "timestamp.wrong"


class FutureCosignature(VerificationFailed):
    """A witness's cosignature names a time that has not come yet."""

    code = "cosignature.future"


class MalformedBundle(VerificationFailed):
    """A file that is no bundle, or no whole one: cut short, damaged, or made by something else."""

    code = "bundle.malformed"


class WrongBundle(VerificationFailed):
    """A bundle in which something does not hold: verify it to see what."""

    code = "bundle.wrong"


class CouldNotCheck(ClaimLedgerError):
    """Nothing was found wrong, because something that the check needs is missing."""

    code = "unchecked"


class NotPinned(CouldNotCheck):
    """No ledger id was given to hold the ledger against."""

    code = "unchecked.pin"


class NotWitnessed(CouldNotCheck):
    """Fewer witnesses have cosigned a checkpoint than were asked for."""

    code = "unchecked.witnesses"


class UntrustedTimestamp(CouldNotCheck):
    """A timestamp token is from no authority that is trusted here."""

    code = "unchecked.timestamp"


class NotTheLatest(CouldNotCheck):
    """A witness cosigned another size of the log last; ``size`` says which, for the next request."""

    code = "unchecked.latest"

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size

    def __reduce__(self) -> tuple[type[NotTheLatest], tuple[str, int]]:
        return (type(self), (str(self), self.size))


class LogUnavailable(CouldNotCheck):
    """A file of a published log is not there, or cannot be had now; nothing is known to be wrong with it."""

    code = "unchecked.log"


class NotSealed(CouldNotCheck):
    """No checkpoint covers it yet, or none that a proof can lead to."""

    code = "unchecked.unsealed"


class MissingDisclosure(CouldNotCheck):
    """The content behind a commitment is not here, and no recorded event says why."""

    code = "unchecked.disclosure"


class MissingExtra(ClaimLedgerError):
    """An optional part of claimledger is not installed; the message says how to get it."""

    code = "extra.missing"


class LedgerUnavailable(ClaimLedgerError):
    """The ledger cannot be opened or written."""

    code = "ledger"


class LedgerNotFound(LedgerUnavailable):
    """Nothing is at that place."""

    code = "ledger.not_found"


class LedgerExists(LedgerUnavailable):
    """Something is at that place already."""

    code = "ledger.exists"


class NotALedger(LedgerUnavailable):
    """What is at that place is no ledger."""

    code = "ledger.not_a_ledger"


class NewerSchema(LedgerUnavailable):
    """The ledger was written by a newer release than this one."""

    code = "ledger.newer_schema"


class ReadOnly(LedgerUnavailable):
    """The ledger is open, or can only be opened, without writing."""

    code = "ledger.read_only"


class LedgerBusy(LedgerUnavailable):
    """Other writers kept winning within the bounded retries; nothing was written."""

    code = "ledger.busy"


class ErasureUnfinished(LedgerUnavailable):
    """An erasure is recorded and signed, and its bytes are still on the disk: another process holds them there."""

    code = "ledger.erasure_unfinished"


class LedgerClosed(LedgerUnavailable):
    """Used after close, or in a process forked from the one that opened it."""

    code = "ledger.closed"


class KindsNotLoaded(ClaimLedgerError):
    """A distribution that brings kinds of claim is broken: mend it or uninstall it."""

    code = "kinds"


class KeyringError(ClaimLedgerError):
    """The private keys cannot be used."""

    code = "keys"


class KeyMissing(KeyringError):
    """No key for what is asked."""

    code = "keys.missing"


class TokenUnavailable(KeyringError):
    """The token that holds a key is not there, does not answer, or cannot sign with Ed25519."""

    code = "keys.token"


class WrongPassphrase(KeyringError):
    """The passphrase does not open the key."""

    code = "keys.passphrase"


class WrongPin(KeyringError):
    """The token that holds a key refuses the PIN, or none was given. A few wrong ones lock it."""

    code = "keys.pin"


class WeakKey(KeyringError):
    """A public key under which signatures prove nothing: not canonical, or of small order."""

    code = "keys.weak"
