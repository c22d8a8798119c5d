"""One decorator that declares an operation: URL, role, request, response and errors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Literal

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from app.enums import Role, Scope
from app.services.ledger.requester import Requester
from app.web.access import PUBLIC, SIGN_IN, View, declare_role
from app.web.context import current_user
from app.web.openapi import problem_reference
from app.web.parsing import StrictParser
from app.web.schemas.base import NothingSchema, RequestSchema
from app.web.schemas.submission import IdempotencySchema, SubmissionQuerySchema

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
TASK_HEADERS = {
    "Location": {"description": "URL of the task", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before the first poll", "schema": {"type": "integer"}},
}
ANY_BODY = {
    "description": "Any text",
    "required": False,
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
CREATED_HEADERS = {"Location": {"description": "URL of the new resource", "schema": {"type": "string"}}}


class ApiBlueprint(Blueprint):  # type: ignore[misc]
    """A blueprint whose operations parse strictly, require a role and document all their responses."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, writes: Scope | None = None, **kwargs: Any) -> None:
        """`writes` is the scope that an API token needs for operations that change something; without it none is
        accepted."""
        super().__init__(*args, **kwargs)
        self._writes = writes

    def operation(
        self,
        method: Method,
        rule: str,
        *,
        role: Role | Literal["public"],
        answer: type[Schema] | None = None,
        status: int = 200,
        query: type[RequestSchema] = NothingSchema,
        body: type[RequestSchema] | None = None,
        errors: Iterable[int] = (),
        headers: Mapping[str, Any] | None = None,
        security: Sequence[str] = (),
        is_keyed: bool = False,
        admits_itself: bool = False,
        media_type: str | None = None,
        takes_any_body: bool = False,
        scope: Scope | Literal["sign-in"] | None = None,
    ) -> Callable[[View], View]:
        """Register a view: query and path parameters are passed as keywords, the body as `body`.

        `errors` are the statuses beyond those that follow from the other arguments. `security` names the security
        schemes of a public operation that authenticates its callers itself, each of which suffices. With `is_keyed` the
        view takes an `idempotency_key`. With `admits_itself` it is also called without a token and must authenticate
        the caller in another way. `media_type` is that of a response that is not JSON. With `takes_any_body` the view
        reads the body itself, whatever it is. `scope` is the scope that API tokens need, if it does not follow from the
        method: `read`, or what the blueprint writes.
        """
        needed = scope or (Scope.READ if method == "GET" else self._writes or SIGN_IN)

        def register(view: View) -> View:
            statuses = {*errors, *_implied_errors(method, role)}
            # Instances, because a class would be instantiated for each request.
            keyed = self.arguments(IdempotencySchema(), location="headers", as_kwargs=True)(view) if is_keyed else view
            run = self.response(status, answer, headers=headers, content_type=media_type)(
                _without_content(keyed) if status == 204 else keyed
            )
            if body is not None:
                run = self.arguments(body(), arg_name="body", required=body.is_body_required)(run)
            elif takes_any_body:
                run = self.doc(requestBody=ANY_BODY)(run)
            elif method != "GET":
                run = self.ARGUMENTS_PARSER.use_kwargs(NothingSchema(), location="json")(run)
            run = self.arguments(query(), location="query", as_kwargs=True)(run)
            run = self.doc(
                operationId=view.__name__,
                responses={code: problem_reference(code) for code in statuses},
                security=[{scheme: []} for scheme in security or (() if role == PUBLIC else ("bearer",))],
                **{"x-role": str(role)} | ({} if role == PUBLIC else {"x-scope": str(needed)}),
            )(run)
            run.admits_itself = admits_itself
            self.add_url_rule(rule, view.__name__, declare_role(role, needed)(run), methods=[method])
            return view

        return register

    def submission(
        self,
        rule: str,
        *,
        answer: type[Schema],
        query: type[RequestSchema] = SubmissionQuerySchema,
        body: type[RequestSchema] | None = None,
    ) -> Callable[[View], View]:
        """Register a view that does something with a task on behalf of a requester, and returns 202."""
        register = self.operation(
            "POST",
            rule,
            role=Role.OPERATOR,
            answer=answer,
            status=202,
            query=query,
            body=body,
            errors=(404, 409),
            headers=TASK_HEADERS,
            is_keyed=True,
        )

        def register_submission(view: View) -> View:
            @wraps(view)
            def run(unique: bool = False, idempotency_key: str | None = None, **arguments: Any) -> Any:
                return view(Requester(current_user()["id"], idempotency_key, unique), **arguments)

            register(run)
            return view

        return register_submission


def _implied_errors(method: Method, role: Role | Literal["public"]) -> Iterable[int]:
    yield from (422, 503)
    if role != PUBLIC:
        yield from (401, 403)
    if method != "GET":
        yield from (400, 413, 415)


def _without_content(view: Callable[..., None]) -> Callable[..., Response]:
    @wraps(view)
    def run(**arguments: Any) -> Response:
        view(**arguments)
        response = Response(status=204)
        del response.headers["Content-Type"]
        return response

    return run
