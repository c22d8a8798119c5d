"""Celery's configuration, derived from nagare's settings."""

from pathlib import Path
from pkgutil import iter_modules

from celery.app.defaults import SETTING_KEYS
from kombu import Queue
from kombu.transport import TRANSPORT_ALIASES

from app.queue.keys import QUEUES
from app.settings import settings_or_exit
from app.urls.amqp import parse_amqp_url
from app.urls.redis import parse_redis_url

settings = settings_or_exit()
BODIES = Path(__file__).parent / "tasks" / "bodies"

# Celery without `-A` reads this file itself and shows every name in it: only `broker_url`, which it masks, may contain
# a password.
if settings.amqp_url.get_secret_value():
    from app.queue.amqp_connections import amqp_options

    broker_url = parse_amqp_url(settings.amqp_url.get_secret_value()).url
    broker_use_ssl = amqp_options(settings.amqp_url.get_secret_value())["ssl"]
    worker_consumer = "tasks.amqp_consumer:AmqpConsumer"
    # Celery sends heartbeats twice as often; a connection that died silently is detected by then.
    broker_heartbeat = 20
else:
    # Only for display: the transport finds the server and its password itself.
    broker_url = parse_redis_url(settings.broker_url).public_url
    # If this is unset kombu warns that it does not verify certificates.
    broker_use_ssl = broker_url.startswith("rediss:")
    # Under their own names, which Flower's page of queues uses to ask for lengths.
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "tasks.transport:Transport"))
    worker_consumer = "tasks.consumer:Consumer"
    broker_transport_options = {
        # With more than one priority kombu splits a queue into several lists, and LLEN would no longer be its length.
        "priority_steps": [0],
        "socket_connect_timeout": 5,
        "socket_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }
broker_connection_retry_on_startup = True
# A worker waits for Redis as long as it takes, so the two can be started in any order.
broker_connection_max_retries = None
# A Redis that refuses a command (a full disk, full memory, a key that is not a list) would end the worker for good.
broker_channel_error_retry = True

# The alias selects a queue by the task type: `-Q pull_hosts`.
task_queues = [Queue(name, routing_key=name, alias=type_) for type_, name in QUEUES.items()]
task_default_queue = task_queues[0].name
task_create_missing_queues = False

accept_content = ["json"]
task_serializer = "json"
# The ledger has the results; a result backend would cost a second write for each task.
task_ignore_result = True
# A message is acknowledged after the run, and one is fetched for each free slot: a killed worker holds few messages.
task_acks_late = True
worker_prefetch_multiplier = 1
task_soft_time_limit = settings.task_timeout_s
# For a task that catches the soft limit or hangs in a system call.
task_time_limit = settings.task_timeout_s + 5
# On a slow machine a new child can take long to report; killing it for that would only repeat the start.
worker_proc_alive_timeout = 30

worker_concurrency = settings.worker_concurrency
# Events would be half of the work of a worker's parent. Flower enables them when it runs.
worker_send_task_events = False
# Logs go to stdout as they are; redirected they would come back as log lines of their own.
worker_redirect_stdouts = False
# A tick a second, whatever Celery computes for the next one.
beat_scheduler = "tasks.beat:ScheduleBeat"
beat_schedule_filename = str(settings.home / "celerybeat-schedule")
enable_utc = True
include = [f"tasks.bodies.{module.name}" for module in iter_modules([str(BODIES)])]

# Celery shows its whole configuration to whoever asks a worker for it. It must not contain names that are not Celery
# settings and hold secrets.
configuration = {name: value for name, value in dict(globals()).items() if name in SETTING_KEYS}
