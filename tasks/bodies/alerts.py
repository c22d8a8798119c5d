"""Tasks that generate, pull, receive and acknowledge alerts."""

from collections.abc import Mapping
from typing import Any

from app.rules.task_params.alerts import AcknowledgeAlert, GenerateAlerts, PullAlerts, ReceiveAlerts
from tasks.base import Run, task


@task(GenerateAlerts)
def generate_alerts(run: Run[GenerateAlerts]) -> Mapping[str, Any]:
    """Generate test alerts."""
    wanted = run.params
    return run.services.alerts.alerts.generate(run.task_id, wanted.count, wanted.severity, wanted.seed, run.step)


@task(PullAlerts)
def pull_alerts(run: Run[PullAlerts]) -> Mapping[str, Any]:
    """Pull the active alerts of a monitor."""
    pulled = run.services.alerts.alert_pulls.pull(run.params.monitor_id, run.step)
    run.services.response.notifier.match_promptly(is_last=True)
    return pulled


@task(AcknowledgeAlert)
def acknowledge_alert(run: Run[AcknowledgeAlert]) -> Mapping[str, Any]:
    """Acknowledge alerts at their monitor."""
    said = run.params
    return run.services.alerts.alert_pulls.acknowledge(said.monitor_id, said.alert_ids, said.comment, run.step)


@task(ReceiveAlerts)
def receive_alerts(run: Run[ReceiveAlerts]) -> Mapping[str, Any]:
    """Process what was sent to a monitor's webhook."""
    posted = run.params
    if posted.format is not None:
        return run.services.alerts.refused_alerts.take_in(posted)
    intake = run.services.alerts.webhook_intake
    if posted.reports:
        return intake.take_in_reports(posted.monitor_id, posted.reports, posted.received_at)

    def step(done: int, total: int | None, message: str) -> None:
        run.step(done, total, message)
        run.services.response.notifier.match_promptly()

    counts = intake.take_in(run.task_id, posted.monitor_id, step)
    run.services.response.notifier.match_promptly(is_last=True)
    return counts
