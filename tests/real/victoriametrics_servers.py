"""A real VictoriaMetrics on loopback that scrapes itself and takes what a test sends it, and a vmalert beside it."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.cli.instance import free_port
from tests.real.prometheus_servers import Server


class VictoriaMetrics(Server):
    """Single-node; what is imported can be read at once, not only after the 30 s that are its default."""

    package = "victoria-metrics"

    def __init__(self, folder: Path, *, scrapes: bool = True, has_vmalert: bool = True) -> None:
        self.vmalert_port = free_port()
        self._has_vmalert = has_vmalert
        self._scrapes = scrapes
        super().__init__(folder)

    def command(self) -> Sequence[str]:
        jobs = {"vm": f"127.0.0.1:{self.port}", "dark": "127.0.0.1:1"} if self._scrapes else {}
        scrapes = [
            {"job_name": job, "scrape_interval": "1s", "static_configs": [{"targets": [address]}]}
            for job, address in jobs.items()
        ]
        file = self.folder / "scrape.yml"
        file.write_text(json.dumps({"scrape_configs": scrapes}))
        return (
            *(self.package, f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self.folder}/data"),
            *(f"-promscrape.config={file}", "-search.latencyOffset=0s", "-memory.allowedPercent=5"),
            *([f"-vmalert.proxyURL=http://127.0.0.1:{self.vmalert_port}"] if self._has_vmalert else []),
        )

    def send(self, lines: Sequence[str]) -> None:
        """Store series in the format of an exporter's page."""
        body = "\n".join(lines) + "\n"
        httpx.post(f"{self.url}/api/v1/import/prometheus", content=body, trust_env=False).raise_for_status()
        httpx.get(f"{self.url}/internal/force_flush", trust_env=False).raise_for_status()

    def _is_ready(self) -> bool:
        return self._answers("/health")

    def _answers(self, path: str) -> bool:
        try:
            return httpx.get(f"{self.url}{path}", trust_env=False).is_success
        except httpx.TransportError:
            return False


class Vmalert(VictoriaMetrics):
    """Evaluates rules with the values of a VictoriaMetrics, which passes questions about alerts on to it."""

    def __init__(self, folder: Path, beside: VictoriaMetrics, rules: Sequence[dict[str, object]]) -> None:
        self._beside = beside
        self._rules = rules
        super().__init__(folder, scrapes=False)

    def command(self) -> Sequence[str]:
        file = self.folder / "rules.yml"
        file.write_text(json.dumps({"groups": [{"name": "g", "interval": "1s", "rules": [*self._rules]}]}))
        self.port = self._beside.vmalert_port
        self.url = f"http://127.0.0.1:{self.port}"
        return (
            *("vmalert", f"-datasource.url={self._beside.url}", "-notifier.url=http://127.0.0.1:1"),
            *(f"-rule={file}", f"-httpListenAddr=127.0.0.1:{self.port}"),
        )
