"""Pages about a person: each is there for the visitor, and for admins below `/users/{id}` about every user."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from app.enums import Role
from app.web.context import current_user, services
from app.web.dashboard.blueprint import dashboard

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer", bound=Any)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a page is about."""

    id: int
    base: str = ""
    """What comes before the addresses of the person's pages; empty for the visitor's own."""
    other: str | None = None
    """The name of a person who is not the visitor."""


PersonsView = Callable[Concatenate[Person, Arguments], Answer]


def page_of_person(rule: str) -> Callable[[PersonsView[Arguments, Answer]], PersonsView[Arguments, Answer]]:
    """Register a view that shows a page about a person."""
    return _register(dashboard.page, rule)


def action_of_person(rule: str) -> Callable[[PersonsView[Arguments, Answer]], PersonsView[Arguments, Answer]]:
    """Register a view that changes something of a person."""
    return _register(dashboard.action, rule)


def _register(add: Callable[..., Any], rule: str) -> Callable[[Any], Any]:
    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def own(**arguments: Any) -> Any:
            return view(Person(int(current_user()["id"])), **arguments)

        @wraps(view)
        def of_user(user_id: int, **arguments: Any) -> Any:
            name = services().access.users.get(user_id)["username"]
            return view(Person(user_id, f"/users/{user_id}", name), **arguments)

        of_user.__name__ = f"{view.__name__}_of_user"
        add(rule, role=Role.VIEWER)(own)
        add(f"/users/<id:user_id>{rule}", role=Role.ADMIN)(of_user)
        return view

    return register
