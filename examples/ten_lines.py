"""Two governments, one death, two causes: a signed ledger and what it shows, in ten lines.

Run it as ``python ten_lines.py [FOLDER]``; the folder (default: here) gets `keys/` and `first.ledger`.
"""

import sys
from pathlib import Path

from claimledger import Keyring, Ledger
from claimledger.events import Authority, CauseOfDeath, Person
from claimledger.projections import CaseState

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")

keys = Keyring.create(folder / "keys", passphrase="correct horse battery staple")
with Ledger.create(f"sqlite:///{folder / 'first.ledger'}", origin="example.org/first", keys=keys) as ledger:
    north = ledger.register_entity("north", Authority(label="Government of the North"))
    south = ledger.register_entity("south", Authority(label="Government of the South"))
    case = ledger.create_case("prison-death", title="A death in custody")
    man = case.register_entity("man", Person(label="the man who died"))
    case.record(CauseOfDeath(of=man, causes="torture"), asserter=south, asserted_at="2025-07-01")
    case.record(
        CauseOfDeath(of=man, causes="natural.heart_failure"), asserter=north, asserted_at="2025-06-30"
    )
    question = ledger.replay(CaseState("prison-death")).question(man, "cause_of_death")
    print(
        f"{question.key}: {question.state}", *(position.text for position in question.positions), sep="\n  "
    )
