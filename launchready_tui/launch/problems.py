"""What is wrong with a file, said so that it can be mended: file, key, what was found, what is allowed, the nearest
valid key."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .. import text


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong in one file. `key` is a path such as `hosts[2].role`, counted from 1; empty for the file as a
    whole."""

    file: str
    key: str = ""
    found: str = ""
    allowed: str = ""
    nearest: str = ""
    """The valid key or value that was probably meant; empty where none is close."""
    line: int = 0
    """The line that it stands on, from 1; 0 where it is not known."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{where}: {self.key}" if self.key else where
        if self.found:
            said += f": found {self.found}"
        if self.allowed:
            said += f"; allowed: {self.allowed}" if self.found else f": {self.allowed}"
        return f"{said}; did you mean `{self.nearest}`?" if self.nearest else said


class FileProblems(Exception):  # noqa: N818
    """A file that cannot be used as it is. `problems` holds everything wrong with it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(text.clean(str(problem)) for problem in self.problems))


class LaunchFileError(FileProblems):
    """The launch file cannot be used as it is."""


class NewerFile(Exception):  # noqa: N818
    """A file was written by a newer version of LaunchReady: nothing of it is read, nothing is overwritten."""

    def __init__(self, file: str, found: int, known: int) -> None:
        self.file, self.found, self.known = file, found, known
        super().__init__(
            f"{file} was written by a newer LaunchReady (format {found}; this one knows up to {known}). "
            "Update LaunchReady; the file was not changed."
        )


class ChangedUnderneath(Exception):  # noqa: N818
    """A file is no longer what was read: somebody else wrote it. Read it again and offer the edit anew."""

    def __init__(self, file: str) -> None:
        self.file = file
        super().__init__(
            f"{file} was changed by someone else since it was read, so it was not overwritten. Read it again, "
            "then repeat the edit."
        )
