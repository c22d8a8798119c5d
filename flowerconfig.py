"""How Flower serves; it reads this file by itself, from the folder in which it starts."""

from flower.views.monitor import Metrics  # type: ignore[import-untyped]
from tornado.web import authenticated

# Flower would tell anybody how many tasks of which type each worker runs: now its password closes this too.
Metrics.get = authenticated(Metrics.get)
