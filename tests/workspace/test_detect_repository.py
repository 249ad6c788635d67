"""The repository around a folder, and its name at GitHub, from files alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready_tui.workspace.detect import find_repository, github_name

TOKEN = "gh" + "p_" + "x" * 36


def repository(root: Path, config: str = "") -> Path:
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "config").write_text(config)
    return root


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/shop.git",
        "https://github.com/acme/shop",
        "https://github.com/acme/shop/",
        f"https://mira:{TOKEN}@github.com/acme/shop.git",
        f"https://{TOKEN}@GitHub.com/acme/shop.git",
        "git@github.com:acme/shop.git",
        "github.com:acme/shop",
        "ssh://git@github.com/acme/shop.git",
        "ssh://git@ssh.github.com:443/acme/shop.git",
        "git://github.com/acme/shop.git",
    ],
)
def test_the_name_at_github_without_anything_else_of_the_address(url: str) -> None:
    assert github_name(url) == "acme/shop"


@pytest.mark.parametrize(
    "url",
    [
        "https://gitlab.com/acme/shop.git",
        "https://github.com@elsewhere.test/acme/shop.git",
        "https://github.com.elsewhere.test/acme/shop",
        "git@gitlab.com:acme/shop.git",
        "git@elsewhere.test:github.com/acme/shop",
        "https://github.com/acme",
        "https://github.com/acme/shop/tree/main",
        "https://[broken/acme/shop",
        "/srv/git/acme/shop.git",
        "../shop",
        "",
    ],
)
def test_what_is_not_at_github_has_no_name_there(url: str) -> None:
    assert github_name(url) == ""


def test_from_a_folder_inside_and_origin_before_the_others(tmp_path: Path) -> None:
    config = (
        '[core]\n\turl = https://github.com/wrong/core\n[remote "fork"]\n\turl = git@github.com:mira/shop.git\n'
        '[remote "origin"]\n\turl = "git@github.com:acme/shop.git"\n[branch "main"]\n\tremote = origin\n'
    )
    root = repository(tmp_path / "shop", config)
    inner = root / "ops" / "launch"
    inner.mkdir(parents=True)
    found = find_repository(inner)
    assert found is not None and (found.path, found.github) == ("../..", "acme/shop")
    found = find_repository(root)
    assert found is not None and found.path == "."


def test_a_worktree_is_read_where_its_file_points(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", '[remote "origin"]\n\turl = git@github.com:acme/shop.git\n')
    kept = root / ".git" / "worktrees" / "two"
    kept.mkdir(parents=True)
    (kept / "HEAD").write_text("ref: refs/heads/two\n")
    (kept / "commondir").write_text("../..\n")
    tree = tmp_path / "two"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {kept}\n")
    found = find_repository(tree)
    assert found is not None and (found.path, found.github) == (".", "acme/shop")


@pytest.mark.parametrize(
    ("files", "branch"),
    [
        ({}, "main"),
        ({"HEAD": "ref: refs/heads/feature/pay\n"}, "feature/pay"),
        ({"refs/remotes/origin/HEAD": "ref: refs/remotes/origin/live\n"}, "live"),
        ({"HEAD": "0" * 40}, ""),
        ({"HEAD": "ref: refs/heads/a b\n"}, ""),
    ],
)
def test_the_branch_that_is_deployed(tmp_path: Path, files: dict[str, str], branch: str) -> None:
    root = repository(tmp_path / "shop")
    for name, text in files.items():
        (root / ".git" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / ".git" / name).write_text(text)
    found = find_repository(root)
    assert found is not None and found.branch == branch


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    assert find_repository(plain) is None
    (plain / ".git").write_text("not a pointer")
    assert find_repository(plain) is None
    home = repository(tmp_path / "home")
    (home / "launch").mkdir()
    assert find_repository(home / "launch") is not None
    monkeypatch.setenv("HOME", str(home))
    assert find_repository(home / "launch") is None, "a home folder kept in git is not the product"
    assert find_repository(home) is not None
