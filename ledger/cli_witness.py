"""The commands of anchoring: `witness ...` for who vouches, `anchor ...` for who is vouched for.

1. Everything goes by files, so that neither side needs a network; `witness serve` and `anchor ask` are the same over
   HTTP.
2. Whose keys count is said on the command line, each time: a ledger does not say who vouches for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_terminal import ask_passphrase, say, say_json, shown_path, write_new
from .cli_write import AsJSON, LedgerPlace, Plain, new_passphrase

if TYPE_CHECKING:
    from .notes import VerifierKey
    from .witness import Witness

__all__ = [
    "anchor_add",
    "anchor_ask",
    "anchor_keys",
    "anchor_list",
    "anchor_request",
    "anchor_stamp",
    "anchor_timestamp",
    "verifier_keys",
    "witness_add_log",
    "witness_cosign",
    "witness_init",
    "witness_serve",
    "witness_show",
]

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The witness's folder.")]
Answer = Annotated[Path, typer.Argument(metavar="ANSWER", help="What was answered.")]
ToFile = Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file.")]
Witnesses = Annotated[
    list[str],
    typer.Option("--witness", metavar="KEY", help="A witness's key, or a file with one on each line."),
]


def verifier_keys(given: list[str]) -> list[VerifierKey]:
    """Read keys from the command line: each a key in text form, or a file that holds one on each line.

    Raises:
        InvalidValue, WeakKey: one is no key, or a key under which signatures prove nothing.
    """
    from .notes import VerifierKey

    found = []
    for each in given:
        path = Path(each)
        # A key is longer than a file's name may be, and asking for that is an error on some systems.
        is_file = "+" not in each or (len(each) < 200 and path.is_file())
        lines = path.read_text(encoding="utf-8").splitlines() if is_file else [each]
        found += [VerifierKey.parse(line.strip()) for line in lines if line.strip()]
    return found


def witness_init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="A name in the world: witness.example.org/w1.")
    ],
    no_passphrase: Plain = False,
) -> int:
    """Make a witness: keys of its own, and no log yet."""
    from .witness import Witness

    passphrase = new_passphrase(folder, plain=no_passphrase)
    made = Witness.create(folder, name=name, passphrase=passphrase, plain=no_passphrase)
    say(f"witness {made.name} in {folder}; its keys, to be given to auditors:")
    say(*(f"  {key}" for key in made.keys))
    say("", "Now:", f"  claimledger witness add-log {folder} LOG.KEYS")
    return 0


def witness_show(folder: Folder, as_json: AsJSON = False) -> int:
    """Show a witness's keys, and the logs that it knows with the size it cosigned last."""
    from .witness import Witness

    witness = Witness.describe(folder)
    origins = list(dict.fromkeys(key.name for key in witness.log_keys))
    last = {origin: witness.last(origin) for origin in origins}
    if as_json:
        say_json(
            {
                "shape": 1,
                "name": witness.name,
                "keys": [str(key) for key in witness.keys],
                "logs": [
                    {
                        "origin": origin,
                        "keys": [str(key) for key in witness.log_keys if key.name == origin],
                        "size": None if seen is None else seen.size,
                        "root": None if seen is None else seen.root.hex(),
                    }
                    for origin, seen in last.items()
                ],
            }
        )
        return 0
    say(f"witness {witness.name}", *(f"  {key}" for key in witness.keys))
    for origin, seen in last.items():
        say(
            f"{origin}: " + ("nothing cosigned yet" if seen is None else f"cosigned up to {seen.size} events")
        )
    if not last:
        say("no log is known yet")
    return 0


def witness_add_log(
    folder: Folder,
    keys: Annotated[
        list[str], typer.Argument(metavar="KEY", help="The log's keys, or a file with one on each line.")
    ],
) -> int:
    """Let a witness know a log, by all of the log's keys."""
    from .witness import Witness

    origin = Witness.describe(folder).add_log(verifier_keys(keys))
    say(f"{origin}: known from now on; check its keys against a copy that reached you another way")
    return 0


def witness_cosign(
    folder: Folder,
    request: Annotated[Path, typer.Argument(metavar="REQUEST", help="What the log asks.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write the answer there; else it is shown.")
    ] = None,
) -> int:
    """Cosign a checkpoint that goes on from the one that was cosigned last."""
    lines = _open(folder).cosign(request.read_bytes())
    if to is None:
        say(lines.decode().removesuffix("\n"))
    else:
        write_new(to, lines)
        say(f"cosigned; the answer is in {to}")
    return 0


def witness_serve(
    folder: Folder,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes a free one.")] = 8417,
) -> int:
    """Cosign over HTTP (C2SP tlog-witness) until it is stopped."""
    from .witness_server import WitnessServer

    with WitnessServer((host, port), _open(folder)) as server:
        shown = f"[{host}]" if ":" in host else host
        say(f"witness {server.witness.name} at http://{shown}:{server.server_port}; stop it with Ctrl-C")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("stopped")
    return 0


def anchor_keys(
    ledger: LedgerPlace,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write them there; else they are shown.")
    ] = None,
) -> int:
    """Show the log's keys, for witnesses and auditors."""
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        lines = [str(key) for key in opened.log_keys]
    if to is None:
        say(*lines)
    else:
        write_new(to, "".join(f"{line}\n" for line in lines).encode())
        say(f"the log's keys are in {to}")
    return 0


def anchor_request(
    ledger: LedgerPlace,
    to: ToFile,
    old: Annotated[
        int, typer.Option("--from", metavar="SIZE", min=0, help="The size that the witness cosigned last.")
    ] = 0,
) -> int:
    """Write what a witness is asked, to be carried there."""
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        write_new(to, opened.witness_request(old))
    say(f"written to {to}; there: claimledger witness cosign DIR {to} --to ANSWER")
    say(f"then here: claimledger anchor add {ledger} ANSWER --witness KEY")
    return 0


def anchor_add(ledger: LedgerPlace, answer: Answer, witness: Witnesses) -> int:
    """Keep what a witness answered, with the checkpoint that it cosigned."""
    from .ledger import Ledger

    keys = verifier_keys(witness)
    with Ledger.open(ledger) as opened:
        _say_cosigned(opened.add_cosignatures(answer.read_bytes(), keys))
    return 0


def anchor_ask(
    ledger: LedgerPlace,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the witness is: https://...")],
    witness: Witnesses,
) -> int:
    """Ask a witness over HTTP, and keep what it answers."""
    from .ledger import Ledger
    from .witness_server import ask_witness

    keys = verifier_keys(witness)
    with Ledger.open(ledger) as opened:
        _say_cosigned(opened.add_cosignatures(ask_witness(address, opened.witness_request), keys))
    return 0


def anchor_timestamp(ledger: LedgerPlace, to: ToFile) -> int:
    """Write what a timestamping authority is asked (RFC 3161)."""
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        write_new(to, opened.timestamp_request())
    say(f"written to {to}; send it to an authority, for example:")
    say(f"  curl -H 'Content-Type: application/timestamp-query' --data-binary @{to} ADDRESS -o ANSWER")
    say(f"then: claimledger anchor stamp {ledger} ANSWER --authorities PEM")
    return 0


def anchor_stamp(
    ledger: LedgerPlace,
    answer: Answer,
    authorities: Annotated[
        Path | None,
        typer.Option("--authorities", metavar="PEM", help="Certificates that it must verify under."),
    ] = None,
) -> int:
    """Keep what a timestamping authority answered, with the checkpoint that it stamped."""
    from .ledger import Ledger
    from .timestamps import read_authorities

    trusted = () if authorities is None else read_authorities(authorities.read_bytes())
    with Ledger.open(ledger) as opened:
        stamp = opened.add_timestamp(answer.read_bytes(), trusted)
    if stamp is None:
        say("kept; not held against an authority (--authorities), which is left to those who verify")
    else:
        say(f"stamped by {stamp.authority} at {_time(stamp.at)}")
    return 0


def anchor_list(ledger: LedgerPlace, as_json: AsJSON = False) -> int:
    """List the checkpoints, with the lines and tokens that are kept with them; none of those is verified here."""
    from .ledger import Ledger

    with Ledger.open(ledger, read_only=True) as opened:
        tokens: dict[int, int] = {}
        for size, _ in opened.store.timestamps():
            tokens[size] = tokens.get(size, 0) + 1
        found: list[dict[str, Any]] = [
            {
                "size": each.size,
                "root": each.root.hex(),
                "lines": sorted({line.name for line in each.opened.note.lines} - {opened.origin}),
                "tokens": tokens.get(each.size, 0),
            }
            for each in opened.checkpoints()
        ]
    if as_json:
        say_json({"shape": 1, "checkpoints": found})
        return 0
    for each in found:
        names = ", ".join(each["lines"]) or "no witness"
        stamps = f"{each['tokens']} timestamp{'' if each['tokens'] == 1 else 's'}"
        say(f"{each['size']:>9} events  root {each['root'][:8]}  {names}; {stamps}")
    if not found:
        say(f"nothing is sealed yet: claimledger seal {ledger} --keys DIR")
    return 0


def _open(folder: Path) -> Witness:
    from claimledger.events.errors import WrongPassphrase

    from .witness import Witness

    try:
        return Witness.open(folder)
    except WrongPassphrase:
        return Witness.open(folder, passphrase=ask_passphrase(shown_path(folder), confirm=False))


def _say_cosigned(cosignatures: Any) -> None:
    for each in cosignatures:
        at = _time(datetime.fromtimestamp(each.timestamp, UTC)) if each.timestamp else "no time stated"
        say(f"cosigned by {each.key.name}, {at}")


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
