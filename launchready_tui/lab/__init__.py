"""The embedded lab: a small marketplace that really runs on loopback, with flaws that can be switched on and off.

A program of its own (`python -m launchready_tui.lab.server`) that shares only the ground floor with the product: DNS,
HTTP, HTTPS, SMTP and RDAP on ports of 127.0.0.1. Checks never know it; they reach it through the connect map like any
other host.
"""
