"""Real Prometheus and Alertmanager servers on loopback that a test configures, restarts and ends."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.programs import Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.debian import install

ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


class Server:
    """One server with a folder of its own, started by its constructor."""

    package = ""

    def __init__(self, folder: Path) -> None:
        install(self.package)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder / f"{self.package}{self.port}"
        self.folder.mkdir()
        self.start()

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def start(self) -> None:
        self._program = Program(self.package, self.command(), self.folder, ENVIRONMENT)
        try:
            wait_for(self._is_ready, f"{self.package} to be ready: {self._program.log}")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        self._program.stop()

    def kill(self) -> None:
        self._program.kill()

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}{path}", trust_env=False).raise_for_status().json()

    def reload(self) -> None:
        httpx.post(f"{self.url}/-/reload", trust_env=False).raise_for_status()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False


class Alertmanager(Server):
    """`peer` makes two of them a cluster; `inhibit_rules` are those of its configuration."""

    package = "prometheus-alertmanager"

    def __init__(
        self, folder: Path, peer: "Alertmanager | None" = None, inhibit_rules: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.cluster = f"127.0.0.1:{free_port()}"
        self._peer = peer
        self._inhibit_rules = inhibit_rules
        super().__init__(folder)

    def command(self) -> Sequence[str]:
        route = {"receiver": "none", "group_by": ["alertname"], "group_wait": "1s"}
        config = {"route": route, "receivers": [{"name": "none"}], "inhibit_rules": [*self._inhibit_rules]}
        file = self.folder / "alertmanager.yml"
        file.write_text(json.dumps(config))
        return (
            *(self.package, f"--config.file={file}", f"--storage.path={self.folder}/data"),
            *(f"--web.listen-address=127.0.0.1:{self.port}", f"--cluster.listen-address={self.cluster}"),
            *([f"--cluster.peer={self._peer.cluster}"] if self._peer else []),
            *("--cluster.advertise-address=" + self.cluster, "--cluster.settle-timeout=1s"),
        )

    def silence(self, until: str, **labels: str) -> str:
        """Silence alerts with these labels, as somebody does in its pages, and return the silence's id."""
        matchers = [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()]
        told = {"matchers": matchers, "createdBy": "小王", "comment": "换盘", "endsAt": until}
        body = told | {"startsAt": "2020-01-01T00:00:00Z"}
        answer = httpx.post(f"{self.url}/api/v2/silences", json=body, trust_env=False).raise_for_status()
        return str(answer.json()["silenceID"])

    def end_silence(self, id: str) -> None:
        httpx.delete(f"{self.url}/api/v2/silence/{id}", trust_env=False).raise_for_status()

    def states(self) -> dict[str, str]:
        """Return the state of each of its alerts by name."""
        return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in self.get("/api/v2/alerts")}


class Prometheus(Server):
    """`rules` are alert rules, of which each evaluates and fires each second."""

    package = "prometheus"

    def __init__(
        self,
        folder: Path,
        rules: Sequence[dict[str, Any]],
        alertmanagers: Sequence[Alertmanager] = (),
        external_labels: dict[str, str] | None = None,
        relabel: Sequence[dict[str, Any]] = (),
        scrape_interval: str = "1s",
    ) -> None:
        self._rules = rules
        self._alertmanagers = alertmanagers
        self._external_labels = external_labels or {}
        self._relabel = relabel
        self._intervals = {"scrape_interval": scrape_interval, "evaluation_interval": "1s"}
        super().__init__(folder)

    def command(self) -> Sequence[str]:
        targets = [f"127.0.0.1:{each.port}" for each in self._alertmanagers]
        config = {
            "global": {**self._intervals, "external_labels": self._external_labels},
            "rule_files": [str(self.folder / "rules.yml")],
            "alerting": {
                "alert_relabel_configs": [*self._relabel],
                "alertmanagers": [{"static_configs": [{"targets": targets}]}],
            },
            "scrape_configs": [{"job_name": "self", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}],
        }
        file = self.folder / "prometheus.yml"
        file.write_text(json.dumps(config))
        self.write_rules(self._rules)
        return (
            *(self.package, f"--config.file={file}", f"--storage.tsdb.path={self.folder}/data"),
            *(f"--web.listen-address=127.0.0.1:{self.port}", "--rules.alert.resend-delay=1s", "--web.enable-lifecycle"),
        )

    def write_rules(self, rules: Sequence[dict[str, Any]]) -> None:
        self._rules = rules
        groups = [{"name": f"group {number}", "rules": [rule]} for number, rule in enumerate(rules)]
        (self.folder / "rules.yml").write_text(json.dumps({"groups": groups}))

    def restart(self) -> None:
        self.stop()
        self.start()

    def firing(self) -> set[str]:
        alerts = self.get("/api/v1/alerts")["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
