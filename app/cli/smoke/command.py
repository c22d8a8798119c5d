"""The command: one run through all scenarios, and everything it made gone at the end."""

import secrets

import click
import httpx

from app.cli.smoke import alerts, failures, pulls, redis_lists
from app.cli.smoke.client import Client
from app.cli.smoke.report import Report
from app.errors import NagareError

TIMEOUT_S = 30


@click.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="URL of the instance.")
@click.option("--token", envvar="NAGARE_TOKEN", help="An admin's access token; also read from NAGARE_TOKEN.")
@click.option("--username", default="admin", show_default=True, help="User to sign in as if no token is given.")
@click.option(
    "--password", help="Password to sign in with. Prompted for if omitted; other users can read a command line."
)
@click.option("--redis-url", help="Compare the lists in this Redis with /queue/stats.")
@click.option("--zabbix-url", help="Also test with this Zabbix and a wrong password.")
def smoke(
    url: str, token: str | None, username: str, password: str | None, redis_url: str | None, zabbix_url: str | None
) -> int:
    """Run the acceptance scenarios against a running instance.

    It may be in use meanwhile. The test alerts fall on any of its hosts and are resolved at the end; the monitors that
    are made for the run, with names that begin with smoke-, are removed. The exit code is 1 when anything was wrong.
    """
    report = Report()
    prefix = f"smoke-{secrets.token_hex(3)}"
    with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as http:
        client = Client(http)
        _sign_in(client, url, token, username, password)
        try:
            _run(client, report, prefix, redis_url, zabbix_url)
        finally:
            with report.scenario("Tidying up"):
                left = client.remove_monitors()
                report.check(left == 0, f"the monitors of this run are removed{f', except {left}' if left else ''}")
    click.echo(f"\n{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def _sign_in(client: Client, url: str, token: str | None, username: str, password: str | None) -> None:
    try:
        client.use(token or client.sign_in(username, password or click.prompt("Password", hide_input=True)))
        me = client.get("/auth/me")
    except httpx.HTTPError as error:
        raise NagareError(f"cannot connect to {url}: {error}") from error
    click.echo(f"{url}, signed in as {me['username']}, {me['role']}")


def _run(client: Client, report: Report, prefix: str, redis_url: str | None, zabbix_url: str | None) -> None:
    monitors: list[int] = []
    with report.scenario("1. Five concurrent pulls of hosts"):
        monitors = pulls.pull_hosts(client, report, prefix)
    if monitors:
        with report.scenario("2. The items of one host"):
            pulls.pull_items(client, report, monitors[0])
    with report.scenario("3. Fifty test alerts, and the health score"):
        alerts.generate_and_resolve(client, report)
    with report.scenario("4. A monitor that cannot be reached"):
        failures.unreachable_monitor(client, report, prefix)
    if zabbix_url:
        with report.scenario("4b. A monitor that refuses the password"):
            failures.refused_login(client, report, prefix, zabbix_url)
    if redis_url:
        with report.scenario("5. The lists in Redis"):
            redis_lists.compare(client, report, redis_url)
