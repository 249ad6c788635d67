"""`launchready completion`: the script that lets the shell complete commands, options, stages and checks."""

from __future__ import annotations

import click

from .say import Exit

_HOW = {
    "bash": 'eval "$(launchready completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(launchready completion zsh)"   in ~/.zshrc',
    "fish": "launchready completion fish > ~/.config/fish/completions/launchready.fish",
}


@click.command(epilog="\b\n" + "\n".join(_HOW.values()))
@click.argument("shell", type=click.Choice(tuple(_HOW)))
def completion(shell: str) -> int:
    """Print the completion script of SHELL."""
    from click.shell_completion import get_completion_class

    from .app import program

    found = get_completion_class(shell)
    assert found is not None
    made = found(program, {}, "launchready", "_LAUNCHREADY_COMPLETE")
    click.echo(made.source_template % made.source_vars())
    return Exit.FINE
