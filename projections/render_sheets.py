"""Claim sheets as a person reads them: one page for each exhibit, as text and as HTML that prints.

1. Both come from the same rows, so that neither says more than the other.
2. HTML is one file without scripts, fonts or addresses to load from: it reads the same in thirty years, offline. Text
   out of a ledger is escaped and isolated by direction; it can neither act nor rearrange what stands around it.
3. What is not at hand is said as what it is: withheld, erased by whose authority and why, or missing without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from claimledger.events.disclosure import SlotStatus

from .custody_rows import ItemCustody
from .history import HistoryRow
from .layout import Cell, Line, columns, line, paragraph, plain
from .revocations import disputed_in_words
from .sheets import Exhibit, Exhibits, Field, RecordLine
from .words import date_text

__all__ = ["sheets_as_html", "sheets_lines"]

Row = tuple[str, tuple[str, ...]]
"""A heading, and what stands under it."""

_FIELDS = {
    SlotStatus.WITHHELD: "is withheld",
    SlotStatus.ERASED: "was erased",
    SlotStatus.MISSING: "is not here, and nothing says why",
    SlotStatus.MISMATCHED: "does not fit what was signed",
    SlotStatus.DISCLOSED: "is disclosed",
}
_NOT_TRUTH = (
    "The signature shows that the recorder recorded this, and that it was not changed since. It does not show that "
    "what was said is true."
)
_DISPUTED = (
    "A signature here is disputed: it was made with a key that is not trusted that far any more. It shows that what is "
    "recorded was not changed since, but not who recorded it. It does not show that what was said is true."
)
_STYLE = """
body { font: 11pt/1.45 serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #111; background: #fff }
section { break-after: page; border-top: 2px solid #111; margin-top: 3em; padding-top: .5em }
section:last-of-type { break-after: auto }
h1 { font-size: 1.5em } h2 { font-size: 1.25em; margin: .3em 0 .8em }
dl { display: grid; grid-template-columns: 11em 1fr; gap: .35em 1em; margin: 0 }
dt { font-weight: bold } dd { margin: 0; overflow-wrap: anywhere }
dd p { margin: 0 0 .2em } footer { margin-top: 1.5em; font-size: .9em; color: #444 }
@media print { body { max-width: none; margin: 0 } section { border-top: 0; margin-top: 0 } }
"""


def sheets_lines(exhibits: Exhibits, *, width: int = 100) -> list[Line]:
    """The pages as text, one after the other, with a rule between them.

    Args:
        exhibits: the pages.
        width: cells of a line.
    """
    lines: list[Line] = []
    for page in exhibits.pages:
        if lines:
            lines += [line(), line("-" * width), line()]
        lines += [
            line(Cell(f"EXHIBIT {page.number}", "bold"), f"  claim {page.row.ref} of {exhibits.case}"),
            *paragraph(exhibits.title, width),
            line(),
        ]
        for heading, said in _rows(page, exhibits):
            for place, each in enumerate(said):
                lines += columns([heading if not place else "", each], [18], width=width)
        lines += [line(), *paragraph(_what_it_shows(page), width, style="dim")]
    return lines


def sheets_as_html(exhibits: Exhibits) -> str:
    """The pages as one HTML file."""
    title = f"{exhibits.title} ({exhibits.case})"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{_safe(title)}</title><style>{_STYLE}</style></head><body>",
        f'<h1 dir="auto">{_safe(exhibits.title)}</h1>',
    ]
    for page in exhibits.pages:
        parts.append(
            f'<section id="exhibit-{page.number}"><h2>Exhibit {page.number}: claim '
            f"<bdi>{_safe(page.row.ref)}</bdi> of <bdi>{_safe(exhibits.case)}</bdi></h2><dl>"
        )
        for heading, said in _rows(page, exhibits):
            shown = "".join(f'<p dir="auto">{_safe(each)}</p>' for each in said)
            parts.append(f"<dt>{_safe(heading)}</dt><dd>{shown}</dd>")
        parts.append(f"</dl><footer>{_safe(_what_it_shows(page))}</footer></section>")
    return "\n".join([*parts, "</body></html>", ""])


def _what_it_shows(page: Exhibit) -> str:
    """What the signatures show, and what they do not."""
    return _DISPUTED if any(record.revocation is not None for record in page.records) else _NOT_TRUTH


def _safe(text: str) -> str:
    return escape(plain(text))


def _rows(page: Exhibit, exhibits: Exhibits) -> Iterator[Row]:
    row = page.row
    if page.subject:
        yield "About", (page.subject,)
    yield "What was said", (row.what,)
    if page.details is not None:
        yield "Details", (page.details,)
    if row.status != "standing":
        yield "How it stands", (_ending(row),)
    yield "Who said it", tuple(dict.fromkeys(_voices(row))) or ("not stated",)
    yield "When it was said", (row.said or "not stated",)
    yield "How it reached us", row.relays or ("directly",)
    yield "Words", (page.words if page.words is not None else _words_away(page),)
    yield "Source", tuple(_source(page))
    if row.basis:
        yield "Inferred", (f"by the recorder: {row.basis}",)
    if page.about:
        yield "Questions", tuple(f"{key}: {state}" for key, state in page.about)
    judged = tuple(
        f"{', '.join(each.claims)} {each.verb.replace('_', ' ')} {', '.join(each.of)} (the recorder's judgement)"
        for each in row.judgements
    )
    if judged:
        yield "Judgements", judged
    for number, record in enumerate(page.records):
        yield "Recorded" if not number else "Amended", tuple(_record(record))
    fields = tuple(said for record in page.records for said in _fields(record.fields))
    fields += tuple(_fields(page.source_fields))
    if fields:
        yield "Not on this page", fields
    if page.in_clear:
        yield "Protected", (f"and on this page in clear: {', '.join(page.in_clear)}",)
    for item in page.items:
        yield "Evidence", tuple(_custody(item))
    yield "Ledger", (f"{exhibits.origin}, id {exhibits.ledger}",)


def _voices(row: HistoryRow) -> Iterable[str]:
    for voice in row.voices:
        yield voice.label if voice.on_behalf_of is None else f"{voice.label}, for {voice.on_behalf_of}"


def _ending(row: HistoryRow) -> str:
    by = f", by {row.ended_by}" if row.ended_by else ""
    if row.withdrawal is not None:
        return f"its recorder withdrew the record at index {row.withdrawal.index}: {row.withdrawal.because}"
    return f"{str(row.status).replace('_', ' ')}{by}"


def _words_away(page: Exhibit) -> str:
    if page.row.source is None:
        return "none are recorded"
    if page.row.locator is None:
        return "not at hand"
    digest = "with the digest " if page.source is not None and page.source.sha256 else ""
    return f"not at hand; they are at the characters below, in the source {digest}below"


def _source(page: Exhibit) -> Iterator[str]:
    source = page.source
    if source is None:
        yield "none is recorded" if page.row.source is None else page.row.source
        return
    yield source.title or source.shown_as
    if page.publisher:
        yield f"published by {', via '.join(page.publisher)}"
    published = date_text(source.published)
    if published:
        yield f"dated {published}"
    if source.url:
        yield source.url
    if source.sha256:
        yield f"SHA-256 {source.sha256}"
    elif not any(field.slot == "source.sha256" for field in page.source_fields):
        yield "no copy was held"
    if page.row.locator is not None:
        yield f"characters {page.row.locator.start} to {page.row.locator.end} (Unicode code points, end exclusive)"


def _record(record: RecordLine) -> Iterator[str]:
    for keyid, holder in record.signers:
        yield f"by {holder or 'a key whose holder is not known here'}, key {keyid}"
    yield f"at {record.recorded_at} (by the recorder's clock), index {record.index}"
    if record.because:
        yield f"because {record.because}"
    if record.revocation is not None:
        yield disputed_in_words(record.revocation)
    yield f"leaf {record.leaf}"
    if record.sealed is None:
        yield "not sealed: only the operator's word says that it has its place in the log"
    else:
        yield f"proven to be in the log of {record.sealed.size} events with root {record.sealed.root}"


def _fields(fields: Iterable[Field]) -> Iterator[str]:
    for each in fields:
        said = f"the field {each.slot} {_FIELDS[each.status]}"
        if each.authority is not None:
            said += f", by authority of {each.authority}: {each.reason}"
        yield said


def _custody(item: ItemCustody) -> Iterator[str]:
    yield f"{item.label} ({'held' if item.held else 'known only through claims'})"
    for digest in item.digests:
        yield f"copy with SHA-256 {digest}"
    if item.transfers:
        steps = f"{len(item.transfers)} transfer{'' if len(item.transfers) == 1 else 's'}"
        yield f"custody: {steps}, {'without a gap' if item.is_unbroken else 'with gaps'}"
