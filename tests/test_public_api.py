"""What is public is what these lists name: nothing becomes public, or stops being so, by accident."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

import claimledger
from claimledger.events import errors

ROOMS = ("claimledger", "claimledger.events", "claimledger.projections")


@pytest.mark.parametrize("room", ROOMS)
def test_the_public_names_of_a_room_are_sorted_and_there(room: str) -> None:
    module = import_module(room)
    names = list(module.__all__)
    assert names == sorted(names)
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_class_and_function_says_what_it_is_for(room: str) -> None:
    module = import_module(room)
    for name in module.__all__:
        member = getattr(module, name)
        if inspect.isclass(member) or inspect.isfunction(member):
            assert (member.__doc__ or "").strip(), f"{room}.{name}"


def test_the_facade_names_the_ledger_its_keys_and_every_error() -> None:
    ours = {
        "Case",
        "CaseInfo",
        "Erased",
        "Finding",
        "KeyRequest",
        "Keyring",
        "Ledger",
        "Pkcs11Signer",
        "Receipt",
        "Report",
        "Signer",
    }
    ours |= {"TokenKey", "__version__"}
    ours |= {"BundleReport", "Custody", "merge_bundles", "verify_bundle"}
    assert set(claimledger.__all__) == ours | set(errors.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        claimledger.Nothing  # noqa: B018


def test_every_error_has_a_code_of_its_own() -> None:
    classes = [getattr(errors, name) for name in errors.__all__]
    codes = [cls.code for cls in classes]
    assert len(set(codes)) == len(codes)
    assert all(issubclass(cls, errors.ClaimLedgerError) for cls in classes)


def test_wrong_and_could_not_check_never_meet() -> None:
    for name in errors.__all__:
        cls = getattr(errors, name)
        assert not (issubclass(cls, errors.VerificationFailed) and issubclass(cls, errors.CouldNotCheck))
