"""The program: its commands, found late, and the console as what happens without one."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from .. import __version__
from .options import common

# Name: where it lies, and its line in the help. A command is imported when it is called.
COMMANDS: dict[str, tuple[str, str]] = {
    "console": ("console:console", "Open the console on a launch (the same as no command)."),
    "init": ("init:init", "Look at a domain and write its launch file."),
    "check": ("check:check", "Run checks and print what they found."),
    "demo": ("demo:demo", "Walk the embedded demo marketplace."),
    "watch": ("watch:watch", "Watch latency and uptime, and tell people when something is down."),
    "queues": ("queues:queues", "Show how many jobs wait, and how long the oldest has waited."),
    "logs": ("logs:logs", "Count errors by route in access logs, and look what should not stand in them."),
    "deploy": ("deploy:deploy", "Mark a deploy on the time line of the watch."),
    "handover": ("handover:handover", "Write the handover folder."),
    "verify": ("handover:verify", "Test whether a handover folder or zip is whole."),
    "drift": ("drift:drift", "Look again: what changed since a handover folder was made."),
    "inventory": ("inventory:inventory", "Show what is written down, and what could be."),
    "without": ("inventory:without", "Show what breaks when somebody leaves, and what to do first."),
    "questions": ("founder:questions", "Write the questions that only a person can answer, to be sent."),
    "answers": ("founder:answers", "Read a filled sheet of questions back."),
    "sign": ("founder:sign", "Put a name under the go or no-go, or under a line of the checklist."),
    "receipt": ("receipt:receipt", "Write what the sprint found and fixed, on one page."),
    "recovery": ("recovery:recovery", "Walk the path from log-in to notification, and time it."),
    "day": ("day:day", "Show launch day, or add a line to its log."),
    "credentials": ("credentials:credentials", "Store, list, test and delete credentials."),
    "history": ("history:history", "Show past runs, or one saved result."),
    "inspect": (
        "inspect:inspect",
        "Look at a name's DNS, web, redirects, headers, TLS, registration or mail; no launch file needed.",
    ),
    "mail": ("mail:mail", "Test the mails that the product sends: cause one, find it, judge it."),
    "edge-config": (
        "edge_config:edge_config",
        "Print redirects, headers and caching rules for nginx, Cloudflare, Vercel or Netlify.",
    ),
    "explain": ("explain:explain", "Explain a rule or a check, and where it comes from."),
    "paths": ("paths:paths", "Show where everything lies."),
    "doctor": ("doctor:doctor", "Show what works here, and what stays unchecked without the rest."),
    "forget": ("forget:forget", "Delete what LaunchReady keeps of a launch: journal, credentials, trust."),
    "completion": ("completion:completion", "Print the shell completion script."),
}


class Program(click.Group):
    """A group whose commands are imported late; a folder in place of a command opens the console on it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A known command; else a folder for the console; else the nearest command is named."""
        first = args[0]
        if first not in COMMANDS and _is_folder(first):
            return "console", self.get_command(ctx, "console"), args
        if first not in COMMANDS and not first.startswith("-"):
            import difflib

            near = difflib.get_close_matches(first, COMMANDS, n=1, cutoff=0.5)
            hint = f"; did you mean `launchready {near[0]}`?" if near else "; `launchready --help` lists them"
            ctx.fail(f"there is no command and no folder called {first!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


def _is_folder(word: str) -> bool:
    return Path(word).is_dir() or "/" in word or word in (".", "..") or word.startswith("~")


@click.group(
    cls=Program,
    invoke_without_command=True,
    subcommand_metavar="[DIR | COMMAND [ARGS]...]",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, "--version", "-V", prog_name="launchready", message="%(prog)s %(version)s")
@common
@click.pass_context
def program(context: click.Context) -> int | None:
    """Takes a marketplace from prototype to launch: looks at the running product, says what stands in the way and how
    to fix it.

    \b
    launchready              opens the console in this folder
    launchready demo         opens it on the embedded demo marketplace
    launchready check        runs all checks and prints the verdict
    """
    if context.invoked_subcommand is not None:
        return None
    command = program.get_command(context, "console")
    assert command is not None
    answer: Any = context.invoke(command)
    return answer if isinstance(answer, int) else None
