"""Stage 6: is the watch alive and whole, does it tell the right person in time, does it know of deploys; and what the
logs say."""

from . import alerts, deploys, detection, errors, logs, regions, spend, thresholds, uptime

__all__ = ["alerts", "deploys", "detection", "errors", "logs", "regions", "spend", "thresholds", "uptime"]
