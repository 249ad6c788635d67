"""`launchready inspect`: one look at one thing, as an engineer would take with dig, whois, curl -v and openssl; no
launch file needed."""

from __future__ import annotations

import click

from . import inspect_mail as mail
from . import inspect_web as on
from .inspect_bounce import look_at_bounce
from .looks import Look, Question, Targets
from .values import ROLES

option, argument = click.option, click.argument

TYPES = option(
    "-t",
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    help=f"Query these record types [default: {' '.join(on.RECORDS)}].",
)
AT = option("--at", "server", metavar="ADDR[:PORT]", help="Query this server directly, without recursion.")
NO_FOLLOW = option("--no-follow", is_flag=True, help="Show the first response only.")
METHOD = option("--method", default="GET", show_default=True)
HEADER = option(
    *("-H", "--header", "headers"),
    multiple=True,
    metavar="NAME: VALUE",
    help="Send this header with the first request of --no-follow.",
)
ROLE = option("--role", type=click.Choice(ROLES), default="web", show_default=True, help="Judge the host by this role.")
RDAP = option(
    "--rdap", default="", metavar="URL", help="Use this RDAP service if the public list has none for the registry."
)
VERSIONS = option(
    "--versions", is_flag=True, help="Offer each protocol version separately as well: four more handshakes."
)
STARTTLS = option(
    "--starttls",
    type=click.Choice(("smtp",)),
    default=None,
    help="Start with STARTTLS of this protocol (port 25); shown, not judged.",
)
IP = option("--ip", help="Judge this sending IP address.")
SENDER = option(
    "--sender", help="Judge this MAIL FROM address; leave it empty for a bounce, which is judged by --helo."
)
HELO = option("--helo", default="", help="Judge this HELO name of the sending machine.")
SELECTOR = option(
    *("--selector", "selectors"),
    multiple=True,
    metavar="NAME",
    help="Check this selector [default: the usual ones].",
)

URL = Targets("url", of=on.launch_of_url)
SERVER = Targets("server", of=on.launch_of_server)
MAYBE_STDIN = argument("target", required=False, metavar="[-]")
DOMAIN = argument("target", metavar="DOMAIN")
FILES = argument("files", nargs=-1, required=True, metavar="FILE...")
SENT = Question(MAYBE_STDIN, mail.spf_asked, mail.spf_row, mail.spf_line, mail.spf_wrong)
POLICY = Question(DOMAIN, mail.domain_asked, mail.dmarc_row, mail.dmarc_line, mail.dmarc_wrong, bare="domain")
KEYS = Question(DOMAIN, mail.domain_asked, mail.dkim_row, mail.dkim_line, mail.dkim_wrong, bare="domain")
MESSAGE = Question(FILES, mail.message_asked, mail.message_row, mail.message_line, mail.message_wrong)

LOOKS = (
    # name, what it takes, who looks, what shows it, options
    Look("dns", Targets("name"), on.dns, "inspect_text:dns_lines", (TYPES, AT)),
    Look("web", Targets("url", read=on.web_options), on.web, "inspect_text:web_lines", (NO_FOLLOW, METHOD, HEADER)),
    Look("redirects", URL, on.redirects, "inspect_text:redirect_lines"),
    Look("headers", URL, on.headers, "inspect_text:header_lines", (ROLE,)),
    Look("domain", Targets("domain", of=on.launch_of_url), on.domain, "inspect_text:domain_lines", (RDAP,)),
    Look("tls", SERVER, on.tls, "inspect_text:tls_lines", (ROLE, VERSIONS, STARTTLS)),
    Look("spf", SENT, mail.spf, "mail_text:spf_lines", (IP, SENDER, HELO)),
    Look("dmarc", POLICY, mail.dmarc, "mail_text:dmarc_lines"),
    Look("dkim", KEYS, mail.dkim, "mail_text:dkim_lines", (SELECTOR,)),
    Look("message", MESSAGE, mail.message, "mail_text:letter_lines"),
)


@click.group()
def inspect() -> None:
    """Inspect one thing. Targets are names or URLs; `-` reads them from stdin, one per line.

    dns and web show what exists; redirects, headers, tls and domain judge it as `check` does. Exit code 1: something
    is broken or could not be checked; 2: an argument is not a valid target, and nothing is inspected. An invalid line
    on stdin is reported in its place and counts as not checked.
    """


for look in LOOKS:
    inspect.add_command(look.command())
inspect.add_command(look_at_bounce)
