"""LaunchReady: the operations console that takes a marketplace from prototype to launch."""

__version__ = "0.1.0"
