"""What `inspect` may show of what it saw."""

from __future__ import annotations

from typing import Any

from ..secrets import hide, without_values


def veiled(seen: Any) -> Any:
    """What was seen, as it may be shown: without secrets, tokens in addresses and values of cookies."""
    import msgspec

    from ..world.sights import Reply

    if isinstance(seen, str):
        return hide(seen)
    if isinstance(seen, Reply):
        seen = msgspec.structs.replace(
            seen, headers=tuple((name, without_values(name, value)) for name, value in seen.headers)
        )
    if isinstance(seen, msgspec.Struct):
        return msgspec.structs.replace(seen, **{name: veiled(getattr(seen, name)) for name in seen.__struct_fields__})
    if isinstance(seen, dict):
        return {key: veiled(one) for key, one in seen.items()}
    return type(seen)(map(veiled, seen)) if type(seen) in (list, tuple) else seen
