"""What answers as a Prometheus, a VictoriaMetrics, a Thanos or a Mimir does, with what a test puts into it."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

MOMENT = 1795485231.779
FAMILIES = {
    "node_load1": [{"type": "gauge", "help": "1m load average.", "unit": ""}],
    "node_memory_free": [{"type": "gauge", "help": "Free memory.", "unit": "bytes"}],
    "http_seconds": [{"type": "histogram", "help": "Latency.", "unit": "seconds"}],
    "gc_seconds": [{"type": "summary", "help": "Collections.", "unit": ""}],
    "requests": [{"type": "counter", "help": "Requests.", "unit": ""}, {"type": "gauge", "help": "Other", "unit": ""}],
    "odd": [{"type": "something-new", "help": "Odd.", "unit": ""}],
}
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
AGGREGATION = re.compile(r"(?:count|sum) by \(([\w, ]+)\) \((.*)\)")
ESCAPES = {"n": "\n"}


def target(instance: str = "10.0.0.1:9100", job: str = "node", **fields: Any) -> dict[str, Any]:
    labels = fields.pop("labels", {})
    return {
        "discoveredLabels": {"__address__": instance},
        "labels": {"instance": instance, "job": job, **labels},
        "scrapeUrl": f"http://{instance}/metrics",
        "lastError": "",
        "health": "up",
        "scrapeInterval": "15s",
        **fields,
    }


def series(name: str, value: str = "1", instance: str = "10.0.0.1:9100", job: str = "node", **labels: str) -> Any:
    return {"metric": {"__name__": name, "instance": instance, "job": job, **labels}, "value": [MOMENT, value]}


def success(data: Any) -> Any:
    return {"status": "success", "data": data}


def vector(found: Iterable[Any]) -> Any:
    return success({"resultType": "vector", "result": [*found]})


class Refusal(Exception):
    """An answer with another status than 200."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class FakePrometheus:
    """Evaluates the queries that the connector sends; `answers` replace whole paths."""

    def __init__(self) -> None:
        self.targets: list[Any] = [target()]
        self.series: dict[str, list[Any]] = {}
        """By the query that returns them; other queries select of all of them."""
        self.stored: list[Any] = []
        self.answers: dict[str, Any] = {}
        self.missing: dict[str, int] = {}
        """Paths that it does not have, with the status that it answers."""
        self.config: str | None = None
        self.warnings: list[str] = []
        self.refuses: Callable[[str], Refusal | None] = lambda query: None
        self.max_series: int | None = None
        """It refuses queries that select more, as the limits of Mimir and VictoriaMetrics do."""
        self.status = 200
        self.asked: list[tuple[str, dict[str, list[str]], str | None]] = []
        self.tenants: list[str] = []
        """What the header X-Scope-OrgID said."""
        self.go_on = threading.Event()
        self.go_on.set()
        self.answered = 0
        self.url = ""

    def answer(self, path: str, params: dict[str, list[str]]) -> Any:
        if path in self.answers:
            return self.answers[path]
        if path in self.missing:
            raise Refusal(self.missing[path], f"unsupported path requested: {path}")
        if path == "/api/v1/query":
            if "(" not in params["query"][0]:
                self.go_on.wait(10)
                self.answered += 1
            answer = self._evaluate(params["query"][0])
            return answer | {"warnings": self.warnings} if self.warnings else answer
        if path == "/api/v1/label/__name__/values":
            found = self._select(params["match[]"][0])
            return success(sorted({one["metric"]["__name__"] for one in found}))
        if path == "/api/v1/status/config" and self.config is None:
            raise Refusal(404, "404 page not found")
        data = {
            "/api/v1/status/buildinfo": {"version": "2.42.0+ds", "goVersion": "go1.19"},
            "/api/v1/targets": {"activeTargets": self.targets, "droppedTargets": [{"discoveredLabels": {}}]},
            "/api/v1/metadata": FAMILIES,
            "/api/v1/status/config": {"yaml": self.config},
        }
        return success(data[path])

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _, _ in self.asked)

    def queries(self) -> list[str]:
        return [params["query"][0] for path, params, _ in self.asked if path == "/api/v1/query"]

    def _evaluate(self, query: str) -> Any:
        refusal = self.refuses(query)
        if refusal is not None:
            raise refusal
        if query in self.series:
            return vector(self.series[query])
        if query == "vector(1)":
            return vector([{"metric": {}, "value": [MOMENT, "1"]}])
        aggregation = AGGREGATION.fullmatch(query)
        found = self._select(aggregation[2] if aggregation else query)
        if self.max_series is not None and len(found) > self.max_series:
            error = f"the query hit the max number of series limit (limit: {self.max_series} series)"
            raise Refusal(422, {"status": "error", "errorType": "execution", "error": error})
        if aggregation is None:
            return vector(found)
        names = aggregation[1].split(", ")
        is_sum = query.startswith("sum")
        totals = Counter[tuple[str, ...]]()
        for one in found:
            totals[tuple(one["metric"].get(name, "") for name in names)] += int(one["value"][1]) if is_sum else 1
        return vector(
            {"metric": {name: value for name, value in zip(names, key, strict=True) if value}, "value": [1, str(total)]}
            for key, total in totals.items()
        )

    def _select(self, selector: str) -> list[Any]:
        name, _, rest = selector.partition("{")
        matchers = [(label, how, _unquoted(value)) for label, how, value in MATCHER.findall(rest)]
        matchers += [("__name__", "=", name)] if name else []
        stored = [*self.stored, *(one for some in self.series.values() for one in some)]
        return [one for one in stored if all(_matches(one["metric"], *matcher) for matcher in matchers)]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text)


def _matches(labels: dict[str, str], label: str, how: str, wanted: str) -> bool:
    value = labels.get(label, "")
    is_it = value == wanted if how in ("=", "!=") else re.fullmatch(wanted, value, re.DOTALL) is not None
    return is_it is not how.startswith("!")
