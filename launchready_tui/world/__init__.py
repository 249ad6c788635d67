"""The outside, seen once a run."""
