"""A ledger that can be sealed, and whose checkpoints others vouch for.

1. Sealing signs everything that is recorded; what the log's key signed before is never contradicted
   (`claimledger.checkpoint_signer`).
2. What witnesses and authorities answer is kept with the checkpoint that it is for, and only if it is for that one.
3. Where cases ended is signed apart (`claimledger.heads`), for those who get one case and not the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cryptography.x509 import Certificate

from claimledger.events.errors import KeyMissing, NotSealed

from .anchors import with_cosignatures
from .checkpoint_signer import CheckpointSigner
from .checkpoints import SignedCheckpoint
from .cosignatures import Cosignature
from .heads import sign_head
from .keys import Keyring
from .ledger_reading import LedgerReader
from .log_keys import every_verifier, head_signers, log_signers
from .notes import VerifierKey
from .sealer import Sealer
from .timestamps import Timestamp, check_imprint, verify_timestamp
from .witness_requests import read_lines

__all__ = ["SealableLedger"]


class SealableLedger(LedgerReader):
    """A ledger that is open, as far as reading and sealing it goes."""

    _keyring: Keyring | None

    def seal(
        self,
        *,
        adopt: bool = False,
        rebuild: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> SignedCheckpoint:
        """Sign a checkpoint over everything that is recorded, so that nothing of it can be changed unseen.

        Keep the checkpoint where the ledger's file is not: it vouches for what it covers against whoever holds that.

        Args:
            adopt: go on from the last checkpoint in the ledger, although the log's key remembers none or an older one.
            rebuild: build the whole tree anew from the events, where an audit found it damaged.
            progress: called with the number of events in the tree, as it grows.

        Returns:
            The checkpoint; the last one, where nothing was recorded since.

        Raises:
            KeyMissing: opened without keys, or one of the log's keys is not at hand.
            ForkRefused: what the log's key signed before is not a beginning of this log; nothing was signed.
            VerificationFailed: a row is not what it was when it was recorded; nothing was signed.
            ReadOnly, LedgerBusy, KeyringError: it cannot be written.
        """
        size = self._store.size()
        keys = self._folded_keys()  # after the size was read: no key event below it may be missed
        keyring = self._signing_keys()
        signers = log_signers(keyring, keys, size)
        memory = keyring.log_memory(self.origin)
        signer = CheckpointSigner(signers, every_verifier(keys), memory)
        Sealer(self._store, self.origin, signer).seal(size, adopt=adopt, rebuild=rebuild, progress=progress)
        sealed = self.checkpoint(size)
        if sealed is None:
            raise NotSealed(f"{self._store.place}: the checkpoint that was just signed is gone again")
        return sealed

    def add_cosignatures(
        self, lines: bytes, keys: Sequence[VerifierKey | str], *, size: int | None = None
    ) -> tuple[Cosignature, ...]:
        """Keep what witnesses answered, with the checkpoint that they cosigned.

        Args:
            lines: their signature lines.
            keys: their verifier keys; lines of others are left out.
            size: of the checkpoint; None for the largest.

        Returns:
            Who cosigned, and when.

        Raises:
            NotSealed: there is no such checkpoint.
            NotWitnessed: no line is by one of these witnesses.
            MalformedNote, WrongSignature: the lines are none, or do not fit the checkpoint; nothing was kept.
            ReadOnly, LedgerBusy: it cannot be written.
        """
        signed = self._sealed.last(size)
        note, cosignatures = with_cosignatures(signed, read_lines(lines), keys)
        self._store.keep_checkpoint(signed.size, note)
        return cosignatures

    def add_timestamp(
        self, token: bytes, authorities: Sequence[Certificate] = (), *, size: int | None = None
    ) -> Timestamp | None:
        """Keep what a timestamping authority answered, with the checkpoint that it stamped.

        Args:
            token: the TimeStampResp in DER.
            authorities: certificates that it must verify under; none keeps it for auditors who trust somebody.
            size: of the checkpoint; None for the largest.

        Returns:
            Who stamped it, and when; None without authorities.

        Raises:
            NotSealed: there is no such checkpoint.
            WrongTimestamp: it is for other bytes, was not granted, or does not verify; nothing was kept.
            UntrustedTimestamp: it is of none of these authorities; nothing was kept.
            MissingExtra: rfc3161-client is not installed.
            ReadOnly, LedgerBusy: it cannot be written.
        """
        signed = self._sealed.last(size)
        text = signed.checkpoint.to_text()
        check_imprint(token, text)
        stamp = verify_timestamp(token, text, authorities) if authorities else None
        self._store.keep_timestamp(signed.size, token)
        return stamp

    def sign_heads(self, cases: Sequence[str]) -> dict[str, bytes]:
        """Sign where cases and what belongs to all of them ended at the last checkpoint: see `claimledger.heads`.

        Args:
            cases: names of cases.

        Returns:
            A signed note for each of these streams, for the shared register and for the key stream, by the UUID of the
            stream; where a stream had no event then, it says so.

        Raises:
            NotSealed: nothing is sealed yet.
            KeyMissing: opened without keys, or one of the log's keys is not at hand.
            UnknownName: no such case.
            VerificationFailed: the rows are not those that were sealed.
        """
        streams = [self._log.keys.stream, self._shared_stream, *(self._find_case(case)[1] for case in cases)]
        keyring, keys = self._signing_keys(), self._folded_keys()
        heads = self._sealed.heads(streams)
        return {each.stream: sign_head(each, head_signers(keyring, keys, each.size)) for each in heads}

    def _heads_of(self, cases: Sequence[str]) -> Mapping[str, bytes]:
        """By stream the note of where it ends, signed by the log; none where its keys are not at hand."""
        if self._keyring is None or not self._keyring.logs:
            return {}
        return self.sign_heads(cases)

    def _signing_keys(self) -> Keyring:
        if self._keyring is None:
            raise KeyMissing(f"{self._store.place}: opened without keys; open it with a keyring to seal")
        return self._keyring
