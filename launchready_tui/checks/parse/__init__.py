"""Readers of the formats that checks judge: pure, without I/O, each from its specification.

They say what stands there and never what it means for a launch.
"""
