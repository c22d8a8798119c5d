"""No credential is ever printed, kept readable or answered, whatever goes wrong with it."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.acceptance.otlp import Collector
from tests.acceptance.stack import PASSWORD, SETTINGS, Stack
from tests.acceptance.user import User
from tests.cli.processes import command_line, wait_for
from tests.unit.connectors.zabbix.fake_zabbix import TOKEN, FakeZabbix, Refusal

Serve = Callable[[Callable[[Any], None]], str]

WRONG_PASSWORD = "wrong-Pa55word-错"
NEW_PASSWORD = "n3w-user-pa55-新密码"
BASIC_PASSWORD = "b4sic-pa55-and-秘密"
BEARER = "b34rer-t0ken-of-prometheus"
URL_PASSWORD = "pa55-inside-an-address"
REDIS_PASSWORD = "r3dis-pa55-of-the-worker"
COLLECTOR_PASSWORD, COLLECTOR_TOKEN = "c0llector-pa55", "c0llector-t0ken"
ECHOED = "zabb1x-pa55-that-is-echoed"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Stack]:
    """Yield a stack that logs all it can, and whose collector of traces is away."""
    stack = Stack(
        tmp_path_factory.mktemp("stack"),
        database_url,
        NAGARE_LOG_LEVEL="DEBUG",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://nagare:{COLLECTOR_PASSWORD}@127.0.0.1:9",
        OTEL_EXPORTER_OTLP_HEADERS=f"authorization=Bearer {COLLECTOR_TOKEN}",
    )
    yield stack
    stack.close()


class Answers:
    """Everything that the API answered, except for the tokens that a sign-in is there to answer."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.tokens: list[str] = []

    def take(self, answer: httpx.Response) -> None:
        answer.read()
        self.texts.append(str(answer.headers))
        if answer.is_success and answer.request.url.path.endswith(("/login", "/refresh", "/webhook-token")):
            self.tokens += [value for name, value in answer.json().items() if name.endswith("token")]
        else:
            self.texts.append(answer.text)


def test_a_run_in_which_everything_goes_wrong_tells_no_credential(stack: Stack, serve: Serve) -> None:
    answers = Answers()
    user = stack.new_user()
    user.http.event_hooks = {"response": [answers.take]}
    stack.redis.acl_setuser(
        "worker", enabled=True, passwords=[f"+{REDIS_PASSWORD}"], keys=["*"], channels=["*"], commands=["+@all"]
    )
    address = f"redis://worker:{REDIS_PASSWORD}@127.0.0.1:{stack.valkey.port}/0"
    stack.start_worker(REDIS_URL=address)
    collector = Collector()
    stack.start_worker(NAGARE_LOG_FORMAT="console", REDIS_URL=address, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    sign_in_and_fail_to(user)
    zabbix = FakeZabbix("6.0.14")
    zabbix.add_host("10084", items=1)
    run_everything(user, zabbix, serve)
    stack.redis.lpush("nagare:queue:pull_hosts", "no message at all")
    wait_for(lambda: user.stats()["dead"] >= 6, "the dead letters")
    look_at_everything(user)
    look_at_the_dashboard(user, stack.token, answers)
    wait_for(lambda: any(span.is_error for span in collector.spans()), "the trace of a failed task")
    collector.close()
    start_with_a_wrong_password(stack)

    credentials = [
        *(PASSWORD, SETTINGS["NAGARE_SECRET_KEY"], WRONG_PASSWORD, NEW_PASSWORD, BASIC_PASSWORD, BEARER, URL_PASSWORD),
        *(REDIS_PASSWORD, COLLECTOR_PASSWORD, COLLECTOR_TOKEN, ECHOED, TOKEN, stack.token),
        *(answers.tokens + [f"session{number:025}" for number in range(1, zabbix.logins + 1)]),
    ]
    assert len(answers.tokens) >= 4 and zabbix.logins > 0
    everything = {
        "the API's answers": "\n".join(answers.texts),
        "Redis": redis_content(stack),
        "the database": database_content(stack.folder),
        "the traces": "\n".join(body.decode(errors="replace") for body in collector.bodies),
        "the list of processes": "\n".join(
            command_line(pid) for program in stack.programs for pid in (program.pid, *program.children())
        ),
        **{program.name: program.printed for program in stack.programs},
    }
    assert all(len(text) > 100 for text in everything.values()), {name: len(text) for name, text in everything.items()}
    told = [(secret, place) for secret in credentials for place, text in everything.items() if tells(text, secret)]
    assert told == []


def sign_in_and_fail_to(user: User) -> None:
    user.post("/auth/login", 200, {"username": "admin", "password": PASSWORD})
    tokens = user.post("/auth/login", 200, {"username": "admin", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {tokens['refresh_token']}"}
    assert user.http.post("/auth/refresh", headers=headers).status_code == 200
    assert user.http.post("/auth/refresh", headers=headers).status_code == 401, "the same one once more"
    user.post("/auth/login", 401, {"username": "admin", "password": WRONG_PASSWORD})
    user.post("/auth/login", 422, {"username": "admin", "password": [WRONG_PASSWORD]})
    user.post("/users", 201, {"username": "newcomer", "password": NEW_PASSWORD, "role": "viewer"})
    user.post("/users", 422, {"username": "another", "password": NEW_PASSWORD, "role": "boss"})


def run_everything(user: User, zabbix: FakeZabbix, serve: Serve) -> None:
    """Pull, push and fail, with and without an answer that repeats the credential."""

    def echo(request: Any) -> None:
        request.answer({"status": "error", "error": f"no entry with {request.headers['Authorization']}"}, 401)

    def echo_login(params: Any) -> Any:
        raise Refusal(-32602, "Invalid params.", f"what shall I do with {json.dumps(params)}?")

    refusing = FakeZabbix("6.0.14")
    refusing.say["user.login"] = echo_login
    echoing = serve(echo)
    good = user.add_monitor(f"{serve(zabbix.respond)}/zabbix", "zabbix", username="Admin", password="zabbix")
    monitors = [
        good,
        user.add_monitor(f"{serve(zabbix.respond)}/zabbix", "zabbix", api_token=TOKEN),
        user.add_monitor(f"{serve(refusing.respond)}/zabbix", "zabbix", username="Admin", password=ECHOED),
        user.add_monitor(echoing, "prometheus", username="我", password=BASIC_PASSWORD),
        user.add_monitor(echoing, "prometheus", api_token=BEARER),
        user.add_monitor("http://127.0.0.1:9", "prometheus", api_token=BEARER),
        user.add_monitor("simulator://demo?hosts=1&crash=1"),
    ]
    for monitor in monitors[:-1]:
        user.post(f"/monitors/{monitor}/check")
    url = f"http://u:{URL_PASSWORD}@127.0.0.1/"
    user.post("/monitors", 422, {"name": "in the address", "type": "prometheus", "url": url})
    user.post("/monitors", 422, {"name": "a list", "type": "zabbix", "url": echoing, "password": [ECHOED]})
    ids = [user.pull(monitor, what) for monitor in monitors for what in ("hosts", "items")]
    ended = [user.end(task_id, timeout_s=60) for task_id in ids]
    assert {task["state"] for task in ended[:4]} == {"succeeded"}
    assert {task["state"] for task in ended[4:]} == {"dead"}
    [item, *_] = user.all("/items", monitor_id=good)
    user.call("PATCH", f"/items/{item['id']}", 200, {"description": "changed here"})
    user.end(user.submit(f"/monitors/{good}/hosts/{item['host_id']}/items/{item['id']}/push-async"))
    user.end(user.submit("/alerts/generate-test"))
    token = user.post(f"/monitors/{good}/webhook-token", 201)["token"]
    statuses = []
    for bearer in (token, token[:-1]):
        headers = {"Authorization": f"Bearer {bearer}"}
        statuses.append(user.http.post("/alerts/webhook", json={"alerts": "none"}, headers=headers).status_code)
    assert statuses[0] != 401 and statuses[1] == 401


def look_at_everything(user: User) -> None:
    for letter in user.all("/queue/dead"):
        user.get(f"/queue/dead/{letter['task_id']}")
    for task in user.all("/tasks"):
        user.get(f"/tasks/{task['task_id']}")
    for path in ("/monitors", "/users", "/hosts", "/items", "/alerts", "/workers", "/audit"):
        user.http.get(path)
    user.http.get(user.http.base_url.join("/metrics"))
    user.readiness()


def look_at_the_dashboard(user: User, token: str, answers: Answers) -> None:
    """Read each page as an administrator, then what it answers to what is wrong."""
    paths = ["/", "/monitors", "/tasks", "/dead-letters", "/alerts", "/hosts", "/users", "/notifications", "/schedules"]
    paths += [f"/dead-letters/{letter['task_id']}" for letter in user.all("/queue/dead")]
    paths += [f"/monitors/{monitor['id']}" for monitor in user.all("/monitors")]
    root = user.http.base_url.join("/")
    with httpx.Client(base_url=root, cookies={"nagare_session": token}, timeout=30, trust_env=False) as browser:
        browser.event_hooks = {"response": [answers.take]}
        assert [path for path in paths if browser.get(path).status_code != 200] == []
        assert browser.get("/no-such-page").status_code == 404
        assert browser.post("/monitors", data={"password": WRONG_PASSWORD}).status_code == 403
    form = {"username": "admin", "password": WRONG_PASSWORD}
    with httpx.Client(base_url=root, timeout=30, trust_env=False) as browser:
        browser.event_hooks = {"response": [answers.take]}
        assert browser.post("/sign-in", data=form).status_code >= 400


def start_with_a_wrong_password(stack: Stack) -> None:
    wrong = f"redis://worker:{REDIS_PASSWORD}-not@127.0.0.1:{stack.valkey.port}/0"
    refused = stack.launch_worker(REDIS_URL=wrong)
    wait_for(lambda: "WRONGPASS" in refused.printed or "invalid username" in refused.printed, "Redis's refusal")


@pytest.mark.parametrize(
    "text", ["a 秘密 b", "%E7%A7%98%E5%AF%86", r"\u79d8\u5bc6", r"\xe7\xa7\x98\xe5\xaf\x86", "5oiROuenmOWvhg=="]
)
def test_a_credential_is_found_in_every_form(text: str) -> None:
    assert tells(text, "秘密")


def tells(text: str, secret: str) -> bool:
    """Whether a text holds a secret, in any of the forms in which it travels."""
    basic = [b64encode(f"{name}:{secret}".encode()).decode() for name in ("我", "Admin", "nagare", "worker")]
    forms = [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret.encode())[2:-1], *basic]
    return any(form in text for form in forms)


def redis_content(stack: Stack) -> str:
    kinds: dict[str, Callable[[str], Any]] = {
        "string": stack.redis.get,
        "list": lambda key: stack.redis.lrange(key, 0, -1),
        "set": stack.redis.smembers,
        "hash": stack.redis.hgetall,
        "zset": lambda key: stack.redis.zrange(key, 0, -1),
        "stream": lambda key: stack.redis.xrange(key),
    }
    return "\n".join(f"{key} {kinds[str(stack.redis.type(key))](key)}" for key in stack.redis.scan_iter())


def database_content(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode(errors="replace") for path in folder.glob("nagare.db*"))
