"""A program that is kept loaded: it says what it finds, or does what an order says."""

import json
import os
import sys
import time

seen: list[str] = []


def prepare() -> None:
    """Leave something that every order finds."""
    seen.append("prepared")


def main() -> None:
    """Execute an order."""
    order = json.load(sys.stdin)
    seen.append(str(order.get("say", ""))[:10])
    if order.get("do") == "die":
        os._exit(3)
    if order.get("do") == "hang":
        time.sleep(60)
    if order.get("do") == "talk":
        os.write(1, b"no JSON")
        os._exit(0)
    answer = {"seen": seen, "length": len(order.get("say", "")), "left": sys.stdin.read(), "parent": os.getppid()}
    os.write(1, json.dumps(answer).encode())
    os._exit(0)
