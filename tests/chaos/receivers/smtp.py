"""`python -m tests.chaos.receivers.smtp PORT FILE`: keeps the mails that it is sent, for whomever they are."""

import asyncio
import sys
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.chaos.receivers.book import Book, Mode

LOOK_EVERY_S = 0.1


class Mailbox:
    """Keeps mails in a book, then answers as its mode says."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take one mail in."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content)
        mode = self._book.mode
        title = str(make_header(decode_header(mail["Subject"] or "")))
        self._book.keep(mode, ", ".join(envelope.rcpt_tos), mail["Idempotency-Key"], title, _text_of(mail))
        if mode is Mode.BROKEN:
            return "554 5.3.0 Transaction failed"
        if mode is Mode.BUSY:
            return "421 4.7.0 Too many messages, try again later"
        while mode is Mode.HANGING and self._book.mode is Mode.HANGING:
            await asyncio.sleep(LOOK_EVERY_S)
        if mode is not Mode.NORMAL:
            assert isinstance(server.transport, asyncio.Transport)
            if mode is Mode.HALF:
                server.transport.write(b"25")
            server.transport.close()
        return "250 2.0.0 Message accepted"


def _text_of(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return "\n".join(str(part.get_payload(decode=True), "utf-8") for part in parts)  # type: ignore[arg-type]


async def _serve(port: int, book: Book) -> None:
    mailbox = Mailbox(book)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, hostname="mail.example"), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Book(Path(sys.argv[2]))))
