"""The schema of claim files: it lets pass what lint lets pass, and knows every kind, field and code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from claimledger.claimfile import lint
from claimledger.events.codes import CODES
from claimledger.events.errors import UnknownName
from claimledger.events.kinds import kinds
from claimledger.schema import claim_file_schema, codes

HERE = Path(__file__).parent / "claimfiles"

# Mistakes that no schema can see: how YAML is written, dates, names of the file, and what belongs together.
SEEN = {
    "case-without-title", "claim-of-misspelt-kind", "claim-of-unregistered-kind", "claim-with-misspelt-field",
    "claim-with-subject-twice", "claim-without-kind", "code-in-free-words", "code-misspelt",
    "date-with-unknown-member", "empty-list", "entity-of-misspelt-type", "entity-of-two-types",
    "entity-that-is-a-text", "entity-without-type", "excluded-without-reason", "held-that-is-no-truth-value",
    "judgement-of-unknown-verb", "judgement-without-verb", "judgements-that-are-a-table", "name-with-umlaut",
    "no-case", "no-version", "other-version", "polarity-misspelt", "quantity-that-is-a-list",
    "quote-with-unknown-member", "reason-without-values", "relation-of-three", "relay-of-two-without-list",
    "role-misspelt", "section-that-is-a-list", "shared-person", "source-with-bad-address", "source-with-bad-digest",
    "source-without-title", "statement-without-asserter", "undecided-voice-of-one", "unknown-section",
    "words-as-one-number", "amend-without-reason", "name-of-unprotected-person", "protected-name-that-is-a-table",
    "claim-of-two-kinds", "case-id-with-space", "custody-without-receiver", "evidence-that-is-a-table",
    "evidence-with-bad-digest", "evidence-with-misspelt-member", "evidence-with-size-in-words",
    "evidence-without-digest", "reliability-without-assessor", "attribute-without-value", "source-with-label",
    "protected-source-with-bad-address", "protected-source-with-misspelt-member", "protected-source-with-bad-reason",
    "source-protected-in-other-words",
}  # fmt: skip


class Editor(yaml.SafeLoader):
    """Reads YAML as editors do: by the core schema of YAML 1.2, in which ``on`` and ``no`` are texts."""


Editor.yaml_implicit_resolvers = {}
Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
Editor.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("[0-9]+$"), list("0123456789"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = claim_file_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def loaded(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Editor)


def test_the_bundled_incident_fits(validator: Draft202012Validator, project: Path) -> None:
    path = project / "ledger" / "data" / "yekaterinburg-2025.yaml"
    assert lint([path]) == []
    assert [error.message for error in validator.iter_errors(loaded(path))] == []


def test_every_form_that_lint_takes_fits(validator: Draft202012Validator) -> None:
    for path in sorted((HERE / "good").glob("*.yaml")):
        assert lint([path]) == []
        assert [error.message for error in validator.iter_errors(loaded(path))] == []


@pytest.mark.parametrize("name", sorted(SEEN))
def test_mistakes_of_form_are_seen_in_the_editor(validator: Draft202012Validator, name: str) -> None:
    assert not validator.is_valid(loaded(HERE / "bad" / f"{name}.yaml"))


def test_every_kind_and_every_code_is_in_it() -> None:
    schema = claim_file_schema()
    text = json.dumps(schema)
    named = [next(iter(set(claim["required"]) & kinds.keys())) for claim in schema["$defs"]["claim"]["anyOf"]]
    assert named == list(kinds)
    for listing in CODES:
        if f"{listing}-code" in text:
            assert schema["$defs"][f"{listing}-code"]["anyOf"][0]["enum"] == list(CODES[listing])


def test_every_reference_inside_leads_somewhere() -> None:
    schema = claim_file_schema()
    references = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema)))
    assert references <= schema["$defs"].keys()
    assert all(re.fullmatch("[a-z0-9_.-]+", name) for name in schema["$defs"])


def test_codes_are_given_with_their_meanings() -> None:
    assert codes("status")["no_comment"] == "the speaker declines to say"


def test_a_code_list_that_is_not_there_is_told_with_a_near_one() -> None:
    with pytest.raises(UnknownName, match='no code list "causes"; did you mean "cause"\\?'):
        codes("causes")


def test_a_code_list_is_proposed_only_where_it_is_near() -> None:
    with pytest.raises(UnknownName, match=r'no code list "nope" \(the lists: act, '):
        codes("nope")
