"""A mail server that takes one mail at a time and keeps what it was told."""

import socketserver
from email import message_from_bytes, policy
from email.message import EmailMessage

ANSWERS = {b"EHLO": b"250 here", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


class MailServer(socketserver.ThreadingTCPServer):
    """What it took is in `mails`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[EmailMessage] = []
        self.answer = b"250 taken\r\n"
        """What it says to a mail that it has read; a server that does not say a whole line closes the connection."""
        self.port = self.server_address[1]


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say(b"220 mail server")
        while line := self.rfile.readline():
            command = line[:4].upper()
            self._say(ANSWERS.get(command, b"250 fine"))
            if command == b"DATA":
                self._take()
                self.wfile.write(self.server.answer)
                if not self.server.answer.endswith(b"\n"):
                    return

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.mails.append(message_from_bytes(b"".join(lines), EmailMessage, policy=policy.default))

    def _say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")
