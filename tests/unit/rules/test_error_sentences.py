"""Chinese errors: each sentence that nagare itself writes has a translation, and a source's words stay."""

import ast
import errno
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.connectors.http.failures import CERTIFICATE_FAULTS, MAY_BE_TLS, PROXY_LOGIN, plain_failure, socket_failure
from app.rules.error_sentences import TRANSLATIONS, error_in_chinese

ROOT = Path(__file__).parents[3]
SPOKEN = (
    *("app/services/ledger", "app/services/inventory/pulls.py", "app/services/inventory/backfills.py"),
    *("app/services/alerts/alert_pulls.py", "app/connectors/read_only.py", "app/connectors/simulator"),
    *("app/services/inventory/monitor_connections.py", "tasks/base.py", "tasks/request.py"),
)
"""Where errors are raised that a task, a dead letter or a monitor shows in nagare's own words."""
INTERNAL = ("TaskInterrupted", "TypeError", "TypeVar")
"""What reaches no page."""


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "connection to zbx:80 failed: refused, nothing listens on this port: check the port in `url`, and that the"
            " server runs",
            "无法连接到 zbx:80：连接被拒绝，该端口没有服务在监听：请检查 `url` 中的端口，并确认服务器正在运行",
        ),
        ("zbx returned HTTP 502: Bad Gateway", "zbx 返回 HTTP 502：“Bad Gateway”"),
        ("zbx returned HTTP 401", "zbx 返回 HTTP 401"),
        ("3 of 3 tasks failed, 0 were cancelled", "3 个子任务中 3 个失败，0 个被取消"),
        ("the message was not sent: the receiver returned HTTP 500", "消息未发出：接收方返回 HTTP 500"),
        (
            "This is a Prometheus, not a Zabbix: choose the type prometheus",
            "这是 Prometheus ，不是 Zabbix ：请选择类型 prometheus",
        ),
    ],
)
def test_sentences_that_name_things_are_translated(english: str, chinese: str) -> None:
    assert error_in_chinese(english) == chinese


def test_what_a_source_says_is_not_ours() -> None:
    assert error_in_chinese("No permissions to referred object or it does not exist!") is None


def test_both_sides_name_the_same_things() -> None:
    for english, chinese in TRANSLATIONS.items():
        assert sorted(re.findall(r"{(\w+)}", english)) == sorted(re.findall(r"{(\w+)}", chinese)), english
        assert re.search(r"[\u4e00-\u9fff]", chinese), english


def test_each_failure_of_a_connection_is_translated() -> None:
    sentences = [f"The certificate of zbx is {fault}." for fault in CERTIFICATE_FAULTS.values()]
    causes = [PROXY_LOGIN, *filter(None, map(plain_failure, MAY_BE_TLS))]
    for number in (errno.ECONNREFUSED, errno.EHOSTUNREACH):
        for is_proxy in (False, True):
            causes.append(socket_failure(OSError(number, "text"), "proxy:1", is_proxy=is_proxy) or "")
    sentences += [f"connection to zbx failed: {cause}" for cause in causes]
    untold = [
        each for each in sentences if not (told := error_in_chinese(each)) or re.search(r"check|give|write", told)
    ]
    assert untold == []


def test_each_error_that_a_task_raises_in_our_words_is_translated() -> None:
    assert [text for path in _files() for text in _raised(path) if error_in_chinese(text) is None] == []


def _files() -> Iterator[Path]:
    for name in SPOKEN:
        path = ROOT / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _raised(path: Path) -> Iterator[str]:
    """Yield the text of each error that is made in a file, with `1` for what it names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) != 1:
            continue
        name, text = node.func.id, _text(node.args[0])
        if re.match(r"[A-Z][a-z]+[A-Z]|NotFound$|Conflict$", name) and name not in INTERNAL and text:
            yield text


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
    return None
