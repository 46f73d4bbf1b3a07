"""The question that a person means, by names or labels; and where there is none, what may have been meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from claimledger.events.errors import UnknownName
from claimledger.events.values import SHARED

from .names import NamesInForce
from .questions import Question
from .words import folded

__all__ = ["find_question", "spelled", "spellings_of"]

_SEPARATORS: Final = re.compile(r"[\s\u00b7.:_]+")


def find_question(
    text: str, case: str, questions: Iterable[Question], names: NamesInForce, entities: Iterable[str]
) -> Question:
    """The question that a person means.

    Args:
        text: entity and property, by names or labels: ``z · cause of death``, ``z.cause_of_death``, ``z death``.
        case: the case's name, for the message.
        questions: those that there are.
        names: the names in force.
        entities: the names of what is registered.

    Raises:
        UnknownName: none is meant, or several questions read so; the message lists near ones.
    """
    wanted, listed = spelled(text), list(questions)
    for spellings in (_by_name, _by_label):
        found = [question for question in listed if wanted in spellings(question)]
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(f'"{question.key}"' for question in found)
            raise UnknownName(f'"{text}" may mean several questions: {keys}')
    raise UnknownName(f'no claim of {case} answers "{text}"{_guess(wanted, listed, names, entities)}')


def _by_name(question: Question) -> set[str]:
    return spellings_of(" and ".join(question.entity), question.property)


def _by_label(question: Question) -> set[str]:
    return spellings_of(question.label, question.property)


def _guess(wanted: str, questions: list[Question], names: NamesInForce, entities: Iterable[str]) -> str:
    for name in entities:
        choice = names.one_of(name)
        if choice is not None and wanted.startswith(f"{spelled(name)} "):
            return f": {name} is one of {', '.join(choice.one_of)}; ask about one of them"
    known = {
        one: question.key for question in questions for one in (*_by_name(question), *_by_label(question))
    }
    near = difflib.get_close_matches(wanted, known, n=4, cutoff=0.5)
    listed = dict.fromkeys(known[one] for one in near)
    return f"; near ones: {', '.join(listed)}" if listed else "; `show` lists the questions"


def spellings_of(entity: str, property: str) -> set[str]:
    """How a person may spell an entity and a property, names of the shared register without ``shared:`` too."""
    return {spelled(f"{name} {property}") for name in (entity, entity.replace(SHARED, ""))}


def spelled(text: str) -> str:
    """How questions are spelled for comparing: lower case, every separator a space."""
    return folded(_SEPARATORS.sub(" ", text).strip())
