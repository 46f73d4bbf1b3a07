from __future__ import annotations

from claimledger.events import Authority, Entity, Group, OneOf, Person, Place, Unnamed
from claimledger.projections.names import MAX_LINKS, MAX_READINGS, EntityView, NamesInForce


def names(entities: dict[str, Entity], *same: tuple[str, ...]) -> NamesInForce:
    views = {
        name: EntityView(name, entity, entity.label, name.startswith("shared:"), index)
        for index, (name, entity) in enumerate(entities.items())
    }
    return NamesInForce(views, same)


def people(*which: str) -> dict[str, Entity]:
    return {name: Person(label=name.upper()) for name in which}


BROTHERS = people("z", "g") | {
    "one": OneOf(label="one", one_of=("z", "g")),
    "other": OneOf(label="other", one_of=("z", "g"), other_than="one"),
}
SISTERS = people("a", "b", "c") | {
    "first": OneOf(label="first", one_of=("a", "b", "c")),
    "second": OneOf(label="second", one_of=("a", "b", "c"), other_than="first"),
}


def test_the_entity_registered_first_gives_the_name() -> None:
    in_force = names(people("a", "b", "c", "d"), ("c", "b"), ("d", "c"))
    assert [in_force.canonical(name) for name in "abcd"] == ["a", "b", "b", "b"]
    assert in_force.label("d") == "B"


def test_a_choice_stands_for_each_candidate_under_its_reading() -> None:
    in_force = names(BROTHERS)
    assert in_force.placements("one") == (("z", (("one", "z"),)), ("g", (("one", "g"),)))
    assert in_force.placements("z") == (("z", ()),)


def test_the_other_of_two_is_the_complement_and_no_variable_of_its_own() -> None:
    in_force = names(BROTHERS)
    assert in_force.variables("other") == ("one",)
    assert in_force.placements("other") == (("g", (("one", "z"),)), ("z", (("one", "g"),)))
    assert in_force.value("other", {"one": "z"}) == "g"


def test_the_other_of_three_is_a_variable_that_must_differ() -> None:
    in_force = names(SISTERS)
    assert in_force.variables("second") == ("second", "first")
    every = in_force.readings({"first": ("a", "b", "c"), "second": ("a", "b", "c")})
    assert every is not None
    assert len(every) == 6
    assert all(reading["first"] != reading["second"] for reading in every)


def test_a_same_as_settles_a_choice_and_its_complement() -> None:
    in_force = names(BROTHERS, ("one", "z"))
    assert in_force.placements("one") == (("z", ()),)
    assert in_force.placements("other") == (("g", ()),)


def test_two_choices_that_name_one_another_end_somewhere() -> None:
    loop = people("z", "g") | {
        "x": OneOf(label="x", one_of=("z", "g"), other_than="y"),
        "y": OneOf(label="y", one_of=("z", "g"), other_than="x"),
    }
    in_force = names(loop)
    assert in_force.value("x", {"x": "z"}) == "z"
    assert in_force.value("y", {"x": "z"}) == "g"


def test_of_choices_that_differ_all_around_the_first_one_is_simply_open() -> None:
    """Three that all differ from the next cannot be two persons: no reading would keep that, and all would vanish."""
    around = people("z", "g") | {
        name: OneOf(label=name, one_of=("z", "g"), other_than=link)
        for name, link in (("x", "y"), ("y", "w"), ("w", "x"))
    }
    in_force = names(around)
    assert in_force.placements("x") == (("z", (("x", "z"),)), ("g", (("x", "g"),)))
    assert in_force.placements("w") == (("g", (("x", "z"),)), ("z", (("x", "g"),)))
    assert in_force.placements("y") == (("z", (("x", "z"),)), ("g", (("x", "g"),)))
    assert names(BROTHERS, ("one", "other")).placements("other") == names(BROTHERS).placements("one")


def test_what_is_other_than_a_settled_choice_is_not_that_one() -> None:
    in_force = names(SISTERS, ("first", "a"))
    assert in_force.domain("second") == ("b", "c")
    assert [name for name, _ in in_force.placements("second")] == ["b", "c"]


def test_too_many_readings_are_not_tried() -> None:
    domains = {f"v{number}": ("a", "b") for number in range(10)}
    assert MAX_READINGS < 2**10
    assert names({}).readings(domains) is None


def test_what_lies_within_what_is_followed_through_the_shared_register() -> None:
    in_force = names(
        {
            "shared:ru": Authority(label="ru"),
            "shared:police": Authority(label="police", part_of="ru"),
            "unit": Authority(label="unit", part_of="shared:police"),
        }
    )
    assert in_force.wider("unit") == ("shared:police", "shared:ru")
    assert in_force.related("shared:ru", "unit")


def test_a_circle_of_parts_ends() -> None:
    in_force = names({"a": Place(label="a", part_of="b"), "b": Place(label="b", part_of="a")})
    assert in_force.wider("a") == ("b",)


def test_two_names_exclude_one_another_only_where_something_says_so() -> None:
    in_force = names(
        people("z", "g")
        | {
            "both": Group(label="both", members=("z", "g")),
            "crowd": Group(label="crowd"),
            "voices": Unnamed(label="voices"),
            "ru": Authority(label="ru", country="RU"),
            "az": Authority(label="az", country="AZ"),
            "fsb": Authority(label="fsb", country="RU"),
            "city": Place(label="city"),
            "prison": Place(label="prison"),
            "north": Place(label="north", part_of="city"),
            "south": Place(label="south", part_of="city"),
        }
    )
    apart = [("z", "g"), ("ru", "az"), ("north", "south")]
    unclear = [
        ("z", "both"),
        ("z", "crowd"),
        ("z", "voices"),
        ("ru", "fsb"),
        ("city", "prison"),
        ("z", "nobody"),
    ]
    assert all(in_force.apart(a, b) for a, b in apart)
    assert not any(in_force.apart(a, b) for a, b in unclear)


def test_a_chain_of_others_of_any_length_is_followed_for_a_bounded_number_of_links() -> None:
    chain: dict[str, Entity] = {"o0": OneOf(label="o0", one_of=("z", "g"))}
    for number in range(1, 3000):
        name = f"o{number}"
        chain[name] = OneOf(label=name, one_of=("z", "g"), other_than=f"o{number - 1}")
    in_force = names(people("z", "g") | chain)
    assert in_force.variables(f"o{MAX_LINKS}") == ("o0",)
    assert in_force.value("o3", {"o0": "z"}) == "g"
    assert in_force.value("o4", {"o0": "z"}) == "z"
    assert in_force.variables("o2999") == (f"o{2999 - MAX_LINKS}",)
    assert {found for found, _ in in_force.placements("o2999")} == {"z", "g"}


def test_a_chain_of_others_among_three_ends_too() -> None:
    chain: dict[str, Entity] = {
        f"o{number}": OneOf(label="x", one_of=("a", "b", "c"), other_than=f"o{(number + 1) % 2000}")
        for number in range(2000)
    }
    in_force = names(people("a", "b", "c") | chain)
    assert in_force.variables("o0") == ("o0",)
    assert len(in_force.variables("o1")) == MAX_LINKS + 1
    readings = in_force.readings({"o0": ("a", "b", "c")})
    assert readings is not None
    assert len(readings) == 3


def test_what_lies_in_one_sibling_lies_outside_the_other() -> None:
    """A field in one village is no place in the next village, at whatever depth the two meet."""
    parts = {"region": None, "snow": "region", "field": "snow", "lake": "region"}
    in_force = names({name: Place(label=name, part_of=part_of) for name, part_of in parts.items()})
    words = "they are different parts of the same"
    assert in_force.apart("snow", "lake") == in_force.apart("field", "lake") == words
    assert in_force.apart("field", "region") is None
