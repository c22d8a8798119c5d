"""The order of all routes: what is no tree of all of them is refused by name, and what only made room did not move."""

import pytest

from app.errors import Invalid
from app.rules.response.route_order import Placed, check_order, moved, siblings_in
from app.rules.response.routes import MAX_DEPTH

NAMES = {1: "noise", 2: "payments", 3: "rest"}
FLAT = [Placed(1, None), Placed(2, None), Placed(3, None)]


def test_every_tree_of_all_routes_is_an_order() -> None:
    check_order(FLAT, NAMES)
    check_order([Placed(3, 2), Placed(2, 1), Placed(1, None)], NAMES)
    check_order([], {})


@pytest.mark.parametrize(
    ("order", "field", "said"),
    [
        ([*FLAT, Placed(9, None)], "routes.3.id", "There is no route 9"),
        ([*FLAT, Placed(2, 1)], "routes.3.id", "payments is there twice"),
        (FLAT[:1], "routes", "Missing: payments (2), rest (3)."),
        ([Placed(1, None), Placed(2, 9), Placed(3, None)], "routes.1.parent_id", "There is no route 9"),
        ([Placed(1, None), Placed(2, 2), Placed(3, None)], "routes.1.parent_id", "itself or one below it"),
        ([Placed(1, 2), Placed(2, 3), Placed(3, 1)], "routes.0.parent_id", "itself or one below it"),
        ([Placed(1, 2), Placed(2, 3), Placed(3, 2)], "routes.0.parent_id", "10 deep"),
    ],
)
def test_what_is_wrong_is_named(order: list[Placed], field: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_order(order, NAMES)
    assert (refused.value.field, said in str(refused.value)) == (field, True), str(refused.value)


def test_a_tree_is_not_too_deep() -> None:
    chain = [Placed(1, None), *(Placed(each, each - 1) for each in range(2, MAX_DEPTH + 2))]
    check_order(chain[:MAX_DEPTH], {each.id: "x" for each in chain[:MAX_DEPTH]})
    with pytest.raises(Invalid, match="at most 10 deep"):
        check_order(chain, {each.id: "x" for each in chain})


def test_siblings_keep_the_order_of_the_list() -> None:
    order = [Placed(5, 2), Placed(1, None), Placed(4, 2), Placed(2, None)]
    assert siblings_in(order) == {2: [5, 4], None: [1, 2]}


def test_only_what_passed_others_or_has_another_parent_moved() -> None:
    def flat(*ids: int) -> list[Placed]:
        return [Placed(each, None) for each in ids]

    assert moved(flat(1, 2, 3, 4), flat(4, 1, 2, 3)) == [4]
    assert moved(flat(1, 2, 3, 4), flat(1, 2, 3, 4)) == []
    assert moved(flat(1, 2, 3), [*flat(1, 2), Placed(3, 1)]) == [3]
