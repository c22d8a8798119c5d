"""However much a monitor sends, what a process takes for it is bounded; measured in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from app.connectors.conformance.oversized_responses import OVERSIZED

MAX_MB = 300
PROGRAM = """
import json, resource, sys
from app.connectors.http.client import HttpSource
from app.errors import SourceError

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

told = {"start": ("", peak_mb())}
for name, url in json.load(sys.stdin).items():
    source = HttpSource(url)
    try:
        source.get_json("")
        told[name] = ("taken", peak_mb())
    except SourceError as error:
        told[name] = (f"{error.code} {error.retryable} {error}", peak_mb())
    source.close()
json.dump(told, sys.stdout)
"""


def test_a_flood_takes_little_memory_and_is_final(serve: Callable[[Callable[[Any], None]], str]) -> None:
    urls = {name: serve(respond) for name, respond in OVERSIZED.items()}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(urls), capture_output=True, text=True, check=True, timeout=120
    )
    told = json.loads(ran.stdout)
    base_mb = told.pop("start")[1]
    print(base_mb, told)
    for name, (outcome, peak_mb) in told.items():
        assert outcome == "taken" if name == "one name" else outcome.startswith("source_garbled False"), (name, outcome)
        assert peak_mb - base_mb < MAX_MB, (name, peak_mb)
