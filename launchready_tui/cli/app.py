"""The program: its commands, found late, and the console as what happens without one."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from .. import __version__
from .console import NO_RUN
from .options import common
from .values import with_hashes

# Name: where it lies, and its line in the help. A command is imported when it is called.
COMMANDS: dict[str, tuple[str, str]] = {
    "console": ("console:console", "Open the console on a launch (default without a command)."),
    "init": ("init:init", "Detect what runs on a domain and write its launch file."),
    "check": ("check:check", "Run checks and print the findings."),
    "next": ("next:next_", "Show the next step towards a GO, and the command that does it."),
    "demo": ("demo:demo", "Open the embedded demo marketplace."),
    "watch": ("watch:watch", "Watch latency and uptime, and alert people when something is down."),
    "secrets": ("secrets:secrets", "Find keys and passwords in code, history and builds."),
    "env": ("env:env", "Check the settings of an environment before a release."),
    "queues": ("queues:queues", "Show how many jobs are waiting, and for how long."),
    "logs": ("logs:logs", "Count errors by route in access logs, and find personal data in them."),
    "deploy": ("deploy:deploy", "Mark a deploy on the timeline of the watch."),
    "handover": ("handover:handover", "Export the handover folder."),
    "verify": ("handover:verify", "Verify that a handover folder or zip is unchanged."),
    "drift": ("drift:drift", "Show what changed since a handover folder was exported."),
    "inventory": ("inventory:inventory", "Show the inventory, and what could be added to it."),
    "without": ("inventory:without", "Show what breaks when someone leaves, and what to do first."),
    "questions": ("founder:questions", "Write the questions that only a person can answer into a file to send."),
    "answers": ("founder:answers", "Import the answers from a completed question file."),
    "sign": ("founder:sign", "Sign the go or no-go, or a line of the checklist."),
    "receipt": ("receipt:receipt", "Write a one-page receipt of what the sprint found and fixed."),
    "recovery": ("recovery:recovery", "Walk and time the path from log-in to notification."),
    "day": ("day:day", "Show the launch-day plan, or add a line to its log."),
    "credentials": ("credentials:credentials", "Store, list, test and delete credentials."),
    "history": ("history:history", "List past runs, or show one saved result."),
    "inspect": (
        "inspect:inspect",
        "Check the DNS, web, redirects, headers, TLS, registration or mail of a name; needs no launch file.",
    ),
    "mail": ("mail:mail", "Test the mails that the product sends: trigger, find and judge each."),
    "edge-config": (
        "edge_config:edge_config",
        "Print redirects, headers and caching rules for nginx, Cloudflare, Vercel or Netlify.",
    ),
    "explain": ("explain:explain", "Explain a check, a rule or a key of the launch file."),
    "paths": ("paths:paths", "Show where every file is."),
    "doctor": ("doctor:doctor", "Show what works on this machine, and what cannot be checked here."),
    "forget": ("forget:forget", "Delete the data that LaunchReady stores about a launch."),
    "completion": ("completion:completion", "Print the shell completion script."),
}


class Program(click.Group):
    """A group whose commands are imported late; a folder in place of a command opens the console on it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Every word of the line comes through here first."""
        return super().parse_args(ctx, with_hashes(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order of a launch."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command's module; None for a word that is no command."""
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
            ctx.fail(f"no command or folder is named {first!r}{hint}")
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
@NO_RUN
@common
@click.pass_context
def program(context: click.Context, no_run: bool) -> int | None:
    """Take a marketplace from prototype to launch: check the running product, and show what blocks the launch and how
    to fix it.

    \b
    launchready              open the console in this folder
    launchready demo         open it on the embedded demo marketplace
    launchready check        run all checks and print the verdict
    """
    if context.invoked_subcommand is not None:
        if no_run:
            raise click.UsageError("--no-run is for the console: launchready console --no-run")
        return None
    command = program.get_command(context, "console")
    assert command is not None
    answer: Any = context.invoke(command, no_run=no_run)
    return answer if isinstance(answer, int) else None
