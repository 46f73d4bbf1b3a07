"""A cell of the matrix says the answer, how firmly, when, and whether its holder still stands by it."""

from __future__ import annotations

from claimledger.events import CauseOfDeath, Organisation, Person
from claimledger.projections import Disputes
from claimledger.testing import memory_ledger


def test_a_cell_holds_answer_strength_dates_and_status() -> None:
    with memory_ledger() as ledger:
        case = ledger.create_case("harbour", title="A night")
        case.register_entity("man", Person(label="the man"))
        for name in ("police", "union"):
            case.register_entity(name, Organisation(label=name))
        for day in ("2031-05-02", "2031-05-03"):
            case.record(CauseOfDeath(of="man", causes="natural"), asserter="police", asserted_at=day)
        case.record(
            CauseOfDeath(of="man", causes="injury"),
            asserter="police",
            asserted_at="2031-05-04",
            strength="likely",
        )
        case.record(CauseOfDeath(of="man", causes="natural"), asserter="union")
        matrix = ledger.replay(Disputes("harbour"))
    (row,) = matrix.rows
    cells = {
        (holder, cell.text): (cell.strength, cell.said, str(cell.status))
        for holder, said in row.cells.items()
        for cell in said
    }
    assert cells == {
        ("police", "natural"): ("asserted", ("2031-05-02", "2031-05-03"), "superseded"),
        ("police", "injury"): ("likely", ("2031-05-04",), "standing"),
        ("union", "natural"): ("asserted", (), "standing"),
    }
    shown = matrix.to_json()["rows"][0]["cells"]["police"]
    assert {"strength", "said", "status"} <= set(shown[0])
