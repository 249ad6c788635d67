"""The path from log-in to notification, walked as a person would: requests with captures and checks, mails that must
arrive, timed."""

from .model import KIND, Seen, Walk, digest_of, encode, walk_of
from .walking import Refused, refusal, walk

__all__ = ["KIND", "Refused", "Seen", "Walk", "digest_of", "encode", "refusal", "walk", "walk_of"]
