"""The threads in which Flask answers, apart for those who look whether we live, for anybody, and for those we know."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from app.web.server.wsgi import Answer, call

PROBES = ("/healthz", "/readyz", "/metrics")
PROBE_THREADS = 2
CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_COOKIE")


class Lane:
    """Some threads. A request gets one when the loop has taken the answer of the one before.

    Threads that went on while the loop is busy would fill the memory with answers.
    """

    def __init__(self, name: str, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"flask {name}")
        self._free = asyncio.Semaphore(threads)

    async def ask(self, application: Flask, environ: dict[str, Any]) -> Answer:
        """Have Flask answer a request."""
        async with self._free:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, application, environ)


class Lanes:
    """However many sign-ins or other requests without credentials come, the other kinds do not wait for them."""

    def __init__(self, application: Flask, threads: int) -> None:
        self._application = application
        self._of_probes = Lane("probes", PROBE_THREADS)
        self._of_strangers = Lane("strangers", max(1, threads // 2))
        self._of_users = Lane("users", threads)

    async def ask(self, environ: dict[str, Any]) -> Answer:
        """Have Flask answer a request."""
        return await self._lane_of(environ).ask(self._application, environ)

    def _lane_of(self, environ: dict[str, Any]) -> Lane:
        if environ["PATH_INFO"] in PROBES:
            return self._of_probes
        return self._of_users if any(name in environ for name in CREDENTIALS) else self._of_strangers
