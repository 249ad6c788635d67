"""Stage 6: what the watch has kept: is it alive and whole, does it tell the right person in time, does it know of deploys."""

from . import alerts, deploys, detection, thresholds, uptime

__all__ = ["alerts", "deploys", "detection", "thresholds", "uptime"]
