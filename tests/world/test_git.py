"""A repository read by git: what is there, and that nothing of its own choosing is started."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from repos import commit, git, repository, write

from launchready_tui.clock import SystemClock
from launchready_tui.world.git import Git, GitError
from launchready_tui.world.leaks import search

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed on this machine")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


def test_tracked_ignored_untracked_and_staged_files(shop: Path) -> None:
    commit(shop, {"a b.txt": "one\n", 'sub/ü\n"q".py': "k = 1\n", ".gitignore": ".env\nnode_modules/\n"})
    write(shop, {".env": "A=1", "node_modules/x/y.js": "1", "new.py": "2"})
    at = Git(shop)
    assert [entry.path for entry in at.tracked()] == [".gitignore", "a b.txt", 'sub/ü\n"q".py']
    assert at.ignored() == (".env", "node_modules/") and at.untracked() == ("new.py",) and at.staged() == ()
    git(shop, "add", "new.py")
    staged = at.staged()
    assert [entry.path for entry in staged] == ["new.py"]
    assert [body for _, body, _ in at.blobs(staged, 10)] == [b"2"]


def test_what_is_staged_before_the_first_commit(shop: Path) -> None:
    write(shop, {"a": "1"})
    git(shop, "add", "a")
    assert [entry.path for entry in Git(shop).staged()] == ["a"] and Git(shop).shape().head == ""


def test_history_gives_added_lines_with_their_numbers(shop: Path) -> None:
    first = commit(shop, {"a": "one\ntwo\n"}, at=1_760_000_000)
    second = commit(shop, {"a": "one\n+++ b/other\n--- a/other\n@@ -1 +1 @@\nend", "bin": b"\0\1"}, at=1_760_000_100)
    rows = [(added.commit.id, added.path, added.lines) for added in Git(shop).history()]
    assert rows == [
        (second, "a", ((2, "+++ b/other"), (3, "--- a/other"), (4, "@@ -1 +1 @@"), (5, "end"))),
        (first, "a", ((1, "one"), (2, "two"))),
    ]


def test_a_folder_inside_counts_its_own_paths(shop: Path) -> None:
    commit(shop, {"web/a.js": "1\n", "api/b.py": "2\n"})
    inside = Git(shop / "web")
    assert [entry.path for entry in inside.tracked()] == ["a.js"]
    assert [added.path for added in inside.history()] == ["a.js"]


def test_odd_paths_come_back_as_they_are(shop: Path) -> None:
    names = ["tab\there", 'quote"d', "back\\slash", "new\nline", "ümlaut", "-dash", " blank"]
    commit(shop, {name: f"{at}\n" for at, name in enumerate(names)})
    assert {added.path for added in Git(shop).history()} == set(names)
    assert {entry.path for entry in Git(shop).tracked()} == set(names)


def test_commits_between_two_names(shop: Path) -> None:
    commit(shop, {"a": "1"}, say="first")
    git(shop, "tag", "v1")
    commit(shop, {"a": "2"}, say="second")
    newest = commit(shop, {"a": "3"}, say="third\x1b[31m")
    behind = Git(shop).between("v1", "main")
    assert [one.subject for one in behind] == ["third\ufffd[31m", "second"] and behind[0].id == newest
    assert Git(shop).tags() == ("v1",) and Git(shop).branch() == "main"
    with pytest.raises(GitError, match="has no commit nowhere"):
        Git(shop).commit("nowhere")


def test_a_name_that_looks_like_an_option_is_none(shop: Path, tmp_path: Path) -> None:
    commit(shop, {"a": "1"})
    with pytest.raises(GitError):
        Git(shop).commit(f"--output={tmp_path / 'made'}")
    with pytest.raises(GitError):
        list(Git(shop).history(f"--output={tmp_path / 'made'}"))
    assert not (tmp_path / "made").exists()


def test_bare_shallow_and_partial_clones_say_what_they_are(shop: Path, tmp_path: Path) -> None:
    commit(shop, {"a": "1"}, at=1_760_000_000)
    commit(shop, {"a": "2"}, at=1_760_000_100)
    git(shop, "config", "uploadpack.allowFilter", "true")
    address = f"file://{shop}"
    git(tmp_path, "clone", "-q", "--bare", address, "bare")
    git(tmp_path, "clone", "-q", "--depth", "1", address, "shallow")
    git(tmp_path, "clone", "-q", "--filter=blob:none", address, "partial")
    assert Git(tmp_path / "bare").shape().bare and [e.path for e in Git(tmp_path / "bare").tracked()] == ["a"]
    assert Git(tmp_path / "shallow").shape().shallow
    assert Git(tmp_path / "partial").shape().partial
    shutil.rmtree(shop)  # what is not here cannot be fetched either
    found = search(tmp_path / "partial", now=SystemClock().now())
    assert "this clone is partial" in found.history, found  # type: ignore[union-attr]
    found = search(tmp_path / "shallow", now=SystemClock().now())
    assert "shallow" in found.history, found  # type: ignore[union-attr]


def test_a_worktree_and_a_submodule(shop: Path, tmp_path: Path) -> None:
    commit(shop, {"a": "1"})
    git(shop, "worktree", "add", "-q", str(tmp_path / "other"))
    assert [entry.path for entry in Git(tmp_path / "other").tracked()] == ["a"]
    outer = repository(tmp_path / "outer")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(shop), "part")
    commit(outer)
    found = search(outer, now=SystemClock().now())
    assert any("1 submodules" in part for part in found.unread), found  # type: ignore[union-attr]


def test_no_repository_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match="no git repository"):
        Git(tmp_path).shape()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed"):
        Git(tmp_path).shape()


def _config(key: str, value: str) -> Callable[[Path, Path], None]:
    return lambda shop, script: git(shop, "config", key, value.replace("SCRIPT", str(script))) and None


def _attribute(line: str, key: str) -> Callable[[Path, Path], None]:
    def make(shop: Path, script: Path) -> None:
        write(shop, {".gitattributes": line})
        git(shop, "config", key, str(script))

    return make


def _hook(name: str) -> Callable[[Path, Path], None]:
    def make(shop: Path, script: Path) -> None:
        shutil.copy(script, shop / ".git/hooks" / name)

    return make


def _included(shop: Path, script: Path) -> None:
    (shop / ".git/more").write_text(f"[core]\n\tfsmonitor = {script}\n\tpager = {script}\n")
    git(shop, "config", "include.path", "more")


def _promisor(shop: Path, script: Path) -> None:
    for key, value in (
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{script}"),
        ("protocol.ext.allow", "always"),
    ):
        git(shop, "config", key, value)
    name = git(shop, "rev-parse", "HEAD:a.txt")
    (shop / ".git/objects" / name[:2] / name[2:]).unlink()


def _alias(shop: Path, script: Path) -> None:
    for name in ("log", "ls-files", "rev-parse", "cat-file"):
        git(shop, "config", f"alias.{name}", f"!{script}")


def _embedded(shop: Path, script: Path) -> None:
    """A bare repository as tracked files, with a configuration of its own (CVE-2022-24765's cousin)."""
    git(shop, "init", "-q", "--bare", "trap.git")
    git(shop / "trap.git", "config", "core.fsmonitor", str(script))


HOSTILE = {
    "fsmonitor": _config("core.fsmonitor", "SCRIPT"),
    "pager": _config("core.pager", "SCRIPT"),
    "log pager": _config("pager.log", "SCRIPT"),
    "external diff": _config("diff.external", "SCRIPT"),
    "text conversion": _attribute("*.txt diff=evil\n", "diff.evil.textconv"),
    "diff driver": _attribute("*.txt diff=evil\n", "diff.evil.command"),
    "clean filter": _attribute("*.txt filter=evil\n", "filter.evil.clean"),
    "smudge filter": _attribute("*.txt filter=evil\n", "filter.evil.smudge"),
    "filter process": _attribute("*.txt filter=evil\n", "filter.evil.process"),
    "merge driver": _attribute("*.txt merge=evil\n", "merge.evil.driver"),
    "hooks path": _config("core.hooksPath", "."),
    "post-index-change hook": _hook("post-index-change"),
    "post-checkout hook": _hook("post-checkout"),
    "reference-transaction hook": _hook("reference-transaction"),
    "signature program": _config("gpg.program", "SCRIPT"),
    "ssh command": _config("core.sshCommand", "SCRIPT"),
    "credential helper": _config("credential.helper", "!SCRIPT"),
    "editor": _config("core.editor", "SCRIPT"),
    "alternates command": _config("core.alternateRefsCommand", "SCRIPT"),
    "aliases": _alias,
    "included file": _included,
    "promisor with a helper": _promisor,
    "bare repository inside": _embedded,
    "proxy command": _config("core.gitProxy", "SCRIPT"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_repository_starts_nothing(kind: str, shop: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\necho ran >> {mark}\ncat\n")
    script.chmod(0o755)
    commit(shop, {"a.txt": "one\n"})
    commit(shop, {"a.txt": "two\n", "b.txt": "three\n"})
    git(shop, "config", "log.showSignature", "true")
    HOSTILE[kind](shop, script)
    write(shop, {"a.txt": "changed\n", "c.txt": "staged\n"})
    mark.unlink(missing_ok=True)  # what the setting-up itself has started
    at = Git(shop)
    search(shop, now=SystemClock().now())
    for look in (
        at.shape,
        at.tracked,
        at.ignored,
        at.untracked,
        at.staged,
        at.tags,
        at.branch,
        lambda: at.between("HEAD~1", "HEAD"),
    ):
        try:
            look()
        except GitError as why:
            assert kind == "promisor with a helper", why
    assert not mark.exists()


def test_the_hostile_kinds_do_run_something_where_nothing_is_switched_off(shop: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\necho ran >> {mark}\n")
    script.chmod(0o755)
    commit(shop, {"a.txt": "one\n"})
    git(shop, "config", "core.fsmonitor", str(script))
    subprocess.run(
        ("git", "-C", str(shop), "status"),
        check=False,
        capture_output=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull},
    )
    assert mark.exists()


def test_links_out_of_the_repository_are_not_followed(shop: Path, tmp_path: Path) -> None:
    key = "sk_" + "live_" + "51HxQ9vBn4mTz7LpKc2RdYwEaGj8uFs"
    (tmp_path / "outside.txt").write_text(key)
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/key.txt").write_text(key)
    (shop / "link.txt").symlink_to(tmp_path / "outside.txt")
    (shop / "dist").symlink_to(tmp_path / "dir")
    commit(shop)
    found = search(shop, now=SystemClock().now())
    assert found.found == ()  # type: ignore[union-attr]
