"""A person's address, verified by a mail from a real worker through a real mail server."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.acceptance.stack import Stack
from tests.acceptance.user import User
from tests.cli.instance import free_port
from tests.cli.processes import wait_for


class Mailbox:
    """Takes mails in."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
        return "250 taken"


@pytest.fixture
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


def test_a_code_comes_by_mail_and_stays_out_of_tasks_and_logs(
    stack: Stack, user: User, mail_server: tuple[Mailbox, int]
) -> None:
    mailbox, port = mail_server
    worker = stack.start_worker()
    url = f"mailto://127.0.0.1:{port}/?from=nagare@example.com&to=anna@example.com&mode=insecure"
    made = user.post("/users/me/contact-methods", 201, {"name": "mail", "url": url})
    path = f"/users/me/contact-methods/{made['id']}"
    wait_for(lambda: mailbox.mails, "the mail with the code")
    [task] = user.all("/tasks", type="try_channel")
    assert user.end(task["task_id"])["result"] == {"sent": 1}
    [mail] = mailbox.mails
    assert mail["Idempotency-Key"] == task["task_id"]
    code = re.search(r"\b[0-9]{6}\b", mail["Subject"])
    assert code is not None
    kept = str(user.all("/tasks")) + Path(worker.log).read_text() + Path(stack.api.log).read_text()
    assert code[0] not in kept and str(port) + "/?from" not in kept
    assert user.post(f"{path}/verify", 200, {"code": code[0]})["verified_at"] is not None
    user.post(f"{path}/test", 202)
    wait_for(lambda: len(mailbox.mails) == 2, "the test message")
    assert mailbox.mails[1]["Subject"] == "[nagare] Test message"
    user.call("DELETE", path, 204)
