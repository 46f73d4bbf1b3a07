"""The claim file: one case as a researcher writes it, read into the bodies of events. Nothing is recorded here.

    claimledger: 1
    case: {id: harbour-2031, title: Two accounts of a night at the harbour}
    sources: {report: {title: Report of the night, publisher: paper, language: en}}
    shared: {paper: {medium: The paper}, police: {authority: Harbour police}}
    entities: {a: {person: First detainee}, sweep: {act: detentions at the quay}}
    statements: {police1: {asserter: police, asserted_at: "[..2031-05-04]"}}
    defaults: {source: report, asserter: paper, asserted_at: 2031-05-04}
    claims:
      C1: {act: sweep, type: detention, to: a, words: 10-80}
      C2: {cause_of_death: a, causes: natural.heart_failure, statement: police1, relays: {paper: said}, words: 141-180}
    judgements: [{claim: C1, precedes: C2}]

1. The words are those of the API; `docs/reference/claim-file.md` has all of them. Only `claimledger` and `case` are
   required.
2. All mistakes are told at once, each with file, line, column, path and what was expected. A mistake is told once.
3. Bodies name claims by event id, which a claim gets when it is recorded; until then `stand_in(ref)` stands there.
   A protected person is called by its name in the file, until the ledger gives it a random one.
4. Copies of sources are held against their digests and against the offsets; their text is never stored or logged.
   Copies of evidence are held against the digests with which they are attached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from claimledger.events.claims import ClaimAmended, ClaimRecorded, ClaimWithdrawn, Voice
from claimledger.events.errors import ClaimFileError
from claimledger.events.evidence import CustodyTransferred, EvidenceAttached, ReliabilityAssessed
from claimledger.events.recorder_acts import ClaimsJudged, EntityRegistered, SameAsJudged, SourceRegistered
from claimledger.events.registry import Body
from claimledger.events.values import SHARED, Locator

from .checks import references
from .claimfile_acts import read_amendments, read_judgement, read_same_as, read_undoing, read_withdrawals
from .claimfile_claims import SPEECH, Claims
from .claimfile_entities import check_variables, read_entity
from .claimfile_evidence import check_evidence, read_assessment, read_attachment, read_transfer
from .claimfile_shapes import Field, Words, fields_of
from .claimfile_sources import read_copies, read_source
from .claimfile_text import Listing, Node, Place, Problem, Scalar, Table, child, read_text
from .claimfile_values import BAD, NAME, Names, Values, stand_in

__all__ = ["SECTIONS", "ClaimFile", "lint", "read_claim_file"]

B = TypeVar("B", bound=Body)

SECTIONS: Final = (
    "claimledger", "case", "sources", "shared", "entities", "statements", "defaults", "claims", "judgements",
    "same_as", "undo_same_as", "evidence", "custody", "reliability", "amend", "withdraw",
)  # fmt: skip
_FORMAT: Final = "1"


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A claim file without mistakes: bodies ready to record, each after those that it names.

    Attributes:
        file: the file's name, as it was given.
        case: the case's name.
        title: the case's title.
        shared: entities of the ledger's register.
        entities: entities of the case; a protected person is called by its name in the file, its `handle`.
        sources: sources of the case.
        claims: ref to claim; other claims are named by `stand_in` of their refs.
        same_as: judgements that names mean one entity.
        undone: those of them that are taken back, by their entities, each with the reason for that.
        judgements: judgements on claims.
        attachments: copies of evidence items, in the order of the file.
        transfers: evidence items passed on, in the order of the file.
        assessments: how reliable somebody finds a claim, a source or an entity.
        amendments: ref of a claim to its amendment.
        withdrawals: ref of a claim to its withdrawal.
        refs: stand-in to ref, for every claim that is named.
        outside: each claim that is named and not in the file, with the problem that it is unless the ledger has it.
        places: path to place, for messages.
    """

    file: str
    case: str
    title: str
    shared: tuple[EntityRegistered, ...]
    entities: tuple[EntityRegistered, ...] = field(repr=False)
    sources: tuple[SourceRegistered, ...]
    claims: Mapping[str, ClaimRecorded] = field(repr=False)
    same_as: tuple[SameAsJudged, ...]
    undone: tuple[SameAsJudged, ...]
    judgements: tuple[ClaimsJudged, ...]
    attachments: tuple[EvidenceAttached, ...]
    transfers: tuple[CustodyTransferred, ...]
    assessments: tuple[ReliabilityAssessed, ...]
    amendments: Mapping[str, ClaimAmended] = field(repr=False)
    withdrawals: Mapping[str, ClaimWithdrawn]
    refs: Mapping[str, str] = field(repr=False)
    outside: Mapping[str, Problem]
    places: Mapping[str, Place] = field(repr=False)
    _texts: Mapping[str, str] = field(repr=False)

    def words_of(self, ref: str) -> str | None:
        """The words that a claim points at, where a copy of its source was handed in.

        Args:
            ref: the claim's name in the file.

        Returns:
            The words, None without copy or offsets. They are protected: show them, do not keep them.
        """
        claim = self.claims[ref]
        text = self._texts.get(claim.source or "")
        if text is None or claim.locator is None:
            return None
        return text[claim.locator.start : claim.locator.end]


def read_claim_file(
    path: Path, *, copies: Mapping[str, Path] | None = None, evidence: Mapping[str, Path] | None = None
) -> ClaimFile:
    """Read a claim file.

    Args:
        path: a YAML file, or a JSON file whose name ends in ``.json``.
        copies: source name to a copy of it; checked against the source's digest and the claims' offsets.
        evidence: item name to a copy of it; checked against the digest and size under ``evidence``.

    Raises:
        ClaimFileError: the file has problems; all of them are in ``problems``.
    """
    claim_file, problems = _read(path, copies or {}, evidence or {})
    if claim_file is None:
        raise ClaimFileError(tuple(str(problem) for problem in problems))
    return claim_file


def lint(
    paths: Sequence[Path],
    copies: Mapping[str, Path] | None = None,
    evidence: Mapping[str, Path] | None = None,
) -> list[Problem]:
    """Check claim files and write nothing.

    Args:
        paths: the files.
        copies: source name to a copy of it; each file is checked against those of its own sources.
        evidence: item name to a copy of it, likewise.

    Returns:
        Every problem, in the order of files and lines. A claim that is named and not in the file is a problem
        here, since there is no ledger to look it up in.
    """
    problems: list[Problem] = []
    for path in paths:
        claim_file, found = _read(path, copies or {}, evidence or {})
        problems += found if claim_file is None else list(claim_file.outside.values())
    return problems


def _read(
    path: Path, copies: Mapping[str, Path], evidence: Mapping[str, Path]
) -> tuple[ClaimFile | None, list[Problem]]:
    root, problems = read_text(path)
    if isinstance(root, Table):
        reader = _Reader(str(path), root, copies, evidence)
        claim_file = reader.claim_file()
        # What the text already told of a value is not told again by the field that it stands in.
        told = {(problem.line, problem.column) for problem in problems}
        found = [
            *problems,
            *(each for each in reader.values.problems if (each.line, each.column) not in told),
        ]
        if claim_file is not None and not found:
            return claim_file, []
        problems = [*found, *reader.values.outside.values()]
    elif root is not None:
        place = root.place
        problems.append(
            Problem(str(path), place.line, place.column, "", "expected a table: claimledger, case, ...")
        )
    return None, sorted(set(problems))


class _Reader:
    """Reads the sections of one file, in an order in which each finds what it rests on."""

    def __init__(
        self, file: str, root: Table, copies: Mapping[str, Path], evidence: Mapping[str, Path]
    ) -> None:
        self.file, self.root, self.copies, self.evidence = file, root, copies, evidence
        self.values = Values(file, Names({}, frozenset(), frozenset(), frozenset(), frozenset()))
        self.places: dict[str, Place] = {}

    def claim_file(self) -> ClaimFile | None:
        values, root = self.values, self.root
        values.known(root, SECTIONS, "")
        self._format()
        case = self._case()
        tables = {
            name: self._section(name) for name in ("sources", "shared", "entities", "statements", "claims")
        }
        values.names = self._names(tables)
        shared = self._each(
            tables["shared"], lambda name: read_entity(values, tables["shared"], name, "shared")
        )
        entities = self._each(
            tables["entities"], lambda name: read_entity(values, tables["entities"], name, "entities")
        )
        check_variables(values, tables["entities"], entities)
        excluded: dict[str, list[Locator]] = {}
        sources = self._each(
            tables["sources"], lambda name: read_source(values, tables["sources"], name, excluded)
        )
        registered = {name: body.source for name, body in sources.items() if body is not BAD}
        texts = read_copies(values, self.copies, registered, self.places)
        claims = Claims(values, excluded, self._statements(tables["statements"]), texts)
        if (defaults := self._section("defaults")).members:
            claims.set_defaults(defaults, "defaults")
        recorded = self._each(tables["claims"], lambda ref: self._claim(claims, tables["claims"], ref))
        amendments = dict(read_amendments(values, self._section("amend"), claims))
        withdrawals = dict(read_withdrawals(values, self._section("withdraw")))
        same_as = [read_same_as(values, node, path, entities) for node, path in self._list("same_as")]
        undone = [read_undoing(values, node, path) for node, path in self._list("undo_same_as")]
        judgements = [read_judgement(values, node, path, entities) for node, path in self._list("judgements")]
        attachments = [
            read_attachment(values, node, path, entities, self.evidence)
            for node, path in self._list("evidence")
        ]
        check_evidence(values, self.evidence, attachments, self.places)
        transfers = [read_transfer(values, node, path, entities) for node, path in self._list("custody")]
        assessments = [read_assessment(values, node, path) for node, path in self._list("reliability")]
        if values.problems or case is None:
            return None
        refs = {*recorded, *amendments, *withdrawals, *values.outside}
        result = ClaimFile(
            file=self.file, case=case[0], title=case[1],
            shared=tuple(self._in_order(shared, "shared").values()),
            entities=tuple(self._in_order(entities, "entities").values()),
            sources=tuple(sources.values()),
            claims=MappingProxyType(self._in_order(recorded, "claims")),
            same_as=tuple(same_as), undone=tuple(undone), judgements=tuple(judgements),
            attachments=tuple(attachments), transfers=tuple(transfers), assessments=tuple(assessments),
            amendments=MappingProxyType(amendments), withdrawals=MappingProxyType(withdrawals),
            refs=MappingProxyType({stand_in(ref): ref for ref in refs}),
            outside=MappingProxyType(dict(values.outside)),
            places=MappingProxyType(self.places), _texts=MappingProxyType(dict(claims.texts)),
        )  # fmt: skip
        return None if values.problems else result

    def _format(self) -> None:
        node = self.root.members.get("claimledger")
        if node is None:
            self.values.problem(self.root, "", 'needs "claimledger: 1", the version of the format')
        elif not isinstance(node, Scalar) or node.text != _FORMAT:
            self.values.problem(
                node, "claimledger", "expected 1, the version of the format that is read here"
            )

    def _case(self) -> tuple[str, str] | None:
        node = self.root.members.get("case")
        if node is None:
            self.values.problem(self.root, "", 'needs "case: {id: ..., title: ...}"')
            return None
        table = self.values.table(node, "case", "a table of id and title")
        if table is None:
            return None
        members = {"id": Field(Words(), required=True), "title": Field(Words(longest=8000), required=True)}
        case = self.values.members(table, members, "case")
        if case is BAD or not self.values.name(case["id"], table.members["id"], "case.id"):
            return None
        self.places["case"] = table.place
        return case["id"], case["title"]

    def _section(self, name: str) -> Table:
        """A section as a table; an empty one where the file has none."""
        node = self.root.members.get(name)
        table = (
            self.values.table(node, name, "a table, each member under its name") if node is not None else None
        )
        if table is None:
            return Table({}, {}, self.root.place)
        self.places |= {child(name, key): place for key, place in table.keys.items()}
        return table

    def _each(self, section: Table, read: Callable[[str], Any]) -> dict[str, Any]:
        """Read every member of a section whose name has the right form; that others do not is told already."""
        return {name: read(name) if NAME.fullmatch(name) else BAD for name in section.members}

    def _list(self, name: str) -> Iterator[tuple[Node, str]]:
        node = self.root.members.get(name)
        if isinstance(node, Listing):
            for at, item in enumerate(node.items):
                self.places[child(name, at)] = item.place
                yield item, child(name, at)
        elif node is not None:
            self.values.problem(node, name, "expected a list")

    def _names(self, tables: Mapping[str, Table]) -> Names:
        for section, table in tables.items():
            for name in table.members:
                self.values.name(name, table.keys[name], child(section, name))
        entities = {name: name for name in tables["entities"].members}
        for name in tables["shared"].members:
            if name in entities:
                line = tables["shared"].keys[name].line
                message = f"is defined under shared too (line {line}); one name, one entity"
                self.values.problem(tables["entities"].keys[name], child("entities", name), message)
            entities.setdefault(name, SHARED + name)
        plain = (frozenset(tables[section].members) for section in ("sources", "statements", "claims"))
        unreadable = {
            word
            for section, word in (
                ("entities", "entity"),
                ("shared", "entity"),
                ("sources", "source"),
                ("statements", "statement"),
                ("claims", "claim"),
            )
            if not isinstance(self.root.members.get(section, self.root), Table)
        }
        sources, statements, claims = plain
        return Names(entities, sources, statements, claims, frozenset(unreadable))

    def _statements(self, section: Table) -> dict[str, Any]:
        speech = {name: member for name, member in fields_of(Voice).items() if name in SPEECH}
        statements: dict[str, Any] = {}
        for name, node in section.members.items():
            path = child("statements", name)
            table = self.values.table(node, path, "a table of asserter, on_behalf_of and asserted_at")
            data: Any = BAD if table is None else self.values.members(table, speech, path)
            statements[name] = BAD if data is BAD else {**data, "statement": name}
        return statements

    def _claim(self, claims: Claims, section: Table, ref: str) -> Any:
        path = child("claims", ref)
        table = self.values.table(section.members[ref], path, "a table such as {act: ..., type: ...}")
        content: Any = BAD if table is None else claims.content(table, path)
        if content is BAD or table is None:
            return BAD
        return self.values.body(ClaimRecorded, {**content, "ref": ref}, table, path)

    def _in_order(self, bodies: Mapping[str, B], section: str) -> dict[str, B]:
        """The bodies, each after those of its section that it names."""
        by_name = {stand_in(name) if section == "claims" else name: name for name in bodies}
        ordered: dict[str, B] = {}
        for start in bodies:
            stack = [(start, self._named(bodies[start], by_name))]
            while stack:
                name, rest = stack[-1]
                following = next((other for other in rest if other not in ordered), None)
                if following is None:
                    ordered[name] = bodies[name]
                    stack.pop()
                elif any(following == open_name for open_name, _ in stack):
                    place = self.places[child(section, name)]
                    self.values.problem(
                        place,
                        child(section, name),
                        f'names "{following}", which names this one in turn; leave one of the two out',
                    )
                    return ordered
                else:
                    stack.append((following, self._named(bodies[following], by_name)))
        return ordered

    def _named(self, body: Body, by_name: Mapping[str, str]) -> Iterator[str]:
        names = (reference.name.removeprefix(SHARED) for reference in references(body))
        return iter([by_name[name] for name in names if name in by_name])
