"""Files as one zip whose bytes depend on nothing but the files: stored, sorted, fixed dates and modes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

SUMS = "SHA256SUMS"
SIGNATURE = f"{SUMS}.sig"
# The earliest moment a zip can hold; deflate is not used because its bytes differ between zlib builds.
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_0644 = 0o100644 << 16


def pack(files: Mapping[str, bytes], top: str) -> bytes:
    """A zip with every file under the folder `top`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{top}/{name}", _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_0644
            entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, files[name])
    return out.getvalue()


def sums(files: Mapping[str, bytes]) -> bytes:
    """SHA256SUMS over all files but itself, in the form that sha256sum and shasum read."""
    return "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files) if name != SUMS
    ).encode("utf-8")
