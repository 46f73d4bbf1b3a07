"""The base of every value, and plain words for what does not fit it.

1. Building a value from Python raises `InvalidValue`, never pydantic's own error: one family of errors to catch.
2. A message names the field and says what it takes. It never repeats what was handed in, which may be protected.
3. Reading signed members (``model_validate``) keeps pydantic's error, which its callers turn into what they need.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import InvalidValue

__all__ = ["NAME_RULE", "PlainModel", "form_of", "in_plain_words", "plain_words"]

NAME_RULE: Final = (
    'a name is 1 to 64 ASCII letters, digits, ".", "_" and "-", and begins with a letter or digit'
)
_PLAIN: Final = {
    "bool_parsing": "is neither true nor false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "is no date; write it as 2025-07-03",
    "decimal_parsing": "is no number",
    "dict_type": "must be a table of names and values",
    "float_parsing": "is no number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_parsing": "is no whole number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be one of {expected}",
    "string_too_long": "is too long; at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "tuple_type": "must be a list",
}
_FORMS: Final = {
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": NAME_RULE.replace("a name is", "a name,"),
    r"^(shared:)?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": NAME_RULE.replace("a name is", "a name,"),
    r"^([a-z0-9][a-z0-9.-]*:)?[A-Za-z0-9][A-Za-z0-9_]*(\.[A-Za-z0-9][A-Za-z0-9_]*)*$": (
        "a code such as injury.head, or one's own such as example.org:tear_gas"
    ),
    r"^[^\s+]{1,200}$": "a name without spaces and plus signs, such as example.org/harbour",
    r"^[a-z][a-z0-9+.-]*:\S+$": "an address such as https://example.org/report",
    r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$": "a language tag such as en or de-AT",
    r"^[a-z]+/[a-z0-9.+-]+(;.*)?$": "a media type such as text/html",
    r"^[0-9a-f]{64}$": "64 lowercase hex digits",
    r"^[0-9a-f]+$": "lowercase hex digits",
}
_TAGS: Final = frozenset({"all_of", "closed", "either", "one", "open", "several", "stated", "undecided"})


def form_of(pattern: str) -> str:
    """What a text of some pattern looks like."""
    return _FORMS.get(pattern, f"text of the form {pattern}")


def plain_words(error: ErrorDetails) -> str:
    """One thing that pydantic found, in plain words and without the value."""
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        return f"must be {form_of(context['pattern'])}"
    template = _PLAIN.get(kind)
    if template is None:
        return "does not fit this field"
    return template.format(**{name: _words(value) for name, value in context.items()})


def in_plain_words(error: ValidationError, what: str, fields: Sequence[str] = ()) -> InvalidValue:
    """All that pydantic found, as one error of ours.

    Args:
        error: what pydantic raised.
        what: what was being built, such as ``CauseOfDeath``.
        fields: the names that it takes, for those that it does not.

    Returns:
        The error to raise, without the value and without pydantic's error as its cause.
    """
    said: dict[str, str] = {}
    missing = []
    for each in error.errors(include_url=False, include_input=False):
        path = _path(each["loc"])
        if each["type"] == "missing":
            missing.append(path)
        elif each["type"] == "extra_forbidden":
            near = difflib.get_close_matches(path, fields, n=1, cutoff=0.6)
            guess = (
                f'; did you mean "{near[0]}"?'
                if near
                else (f" (it has {', '.join(fields)})" if fields else "")
            )
            said.setdefault(path, f'has no "{path}"{guess}')
        else:
            said.setdefault(path, f"{path} {plain_words(each)}" if path else plain_words(each))
    named = [f'"{name}"' for name in dict.fromkeys(missing)]
    needs = [f"needs {' and '.join(named)}"] if named else []
    return InvalidValue(f"{what}: {'; '.join([*needs, *said.values()])}")


def _path(location: tuple[int | str, ...]) -> str:
    """Where in a value: without the tags and classes that pydantic puts between, which name no member."""
    parts: list[str] = []
    before: int | str = ""
    for part in location:
        text = str(part)
        # The tag of an open value comes right before the member of the same name: one of the two is dropped.
        is_tag = text in _TAGS and part != before
        if not is_tag and not text[:1].isupper() and "[" not in text and "-" not in text:
            parts.append(text)
        before = part
    return ".".join(parts)


def _words(value: Any) -> Any:
    return value.replace("'", "").replace(" or ", ", ") if isinstance(value, str) else value


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class _RaisesOurs(ModelMetaclass):
    """Turns what pydantic raises while a value is built into `InvalidValue`."""

    if not TYPE_CHECKING:  # checkers look for the fields in the class, not here

        def __call__(self, *args: Any, **members: Any) -> Any:
            """Build a value."""
            try:
                return super().__call__(*args, **members)
            except ValidationError as error:
                refused = in_plain_words(error, self.__name__, tuple(self.model_fields))
            raise refused


class PlainModel(BaseModel, metaclass=_RaisesOurs):
    """Base of every value: immutable, no member that it does not know, no input in error texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
