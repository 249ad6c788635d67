"""Stage 6: is the watch alive and whole, does it tell the right person in time, does it know of deploys; and what the
logs say."""
