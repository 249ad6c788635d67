"""The rule table: every shape is found by its own rule, and what only looks like one is not. Values are put together
at run time."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

import launchready_tui
from launchready_tui import secrets
from launchready_tui.secrets.scan import _prefix
from launchready_tui.secrets.validate import base62, crc_ok, entropy, is_placeholder, jwt_payload

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
DICE = random.Random(20261124)
WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
B32 = string.ascii_uppercase + "234567"


def some(alphabet: str, size: int) -> str:
    """Random characters with at least one digit where the alphabet has any, and one letter."""
    body = [DICE.choice(alphabet) for _ in range(size)]
    for place, kind in ((1, str.isdigit), (2, str.isalpha)):
        choices = [char for char in alphabet if kind(char)]
        if choices and size > 4:
            body[place] = DICE.choice(choices)
    return "".join(body)


def uuid() -> str:
    return "-".join(some(HEX, size) for size in (8, 4, 4, 4, 12))


def checked(prefix: str) -> str:
    body = some(WORD, 30)
    return prefix + body + base62(zlib.crc32(body.encode()), 6)


def b64(data: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def jwt(**claims: object) -> str:
    return ".".join((b64({"alg": "HS256", "typ": "JWT"}), b64(claims), some(WORD, 43)))


LATER = int(datetime(2034, 1, 1, tzinfo=UTC).timestamp())
BEFORE = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
PEM = (
    "-----BEGIN "
    + "RSA PRIVATE KEY-----\n"
    + "\n".join(some(WORD + "+/", 64) for _ in range(4))
    + "\n-----END "
    + "RSA PRIVATE KEY-----"
)

# id -> (code that holds it, confidence, exposure); the code is what a bundle would say
EXAMPLES: dict[str, tuple[str, str, str]] = {
    "stripe-secret": (f'a="sk_{"live"}_{some(WORD, 99)}"', "high", "secret"),
    "stripe-secret-test": (f'a="sk_{"test"}_{some(WORD, 24)}"', "high", "secret"),
    "stripe-webhook": (f'a="wh{"sec"}_{some(WORD, 32)}"', "high", "secret"),
    "stripe-publishable": (f'a="pk_{"live"}_{some(WORD, 99)}"', "high", "public"),
    "stripe-publishable-test": (f'a="pk_{"test"}_{some(WORD, 24)}"', "high", "depends"),
    "square-token": (f'a="EA{"AA"}{some(WORD, 60)}"', "high", "secret"),
    "square-oauth-secret": (f'a="sq0{"csp"}-{some(WORD, 43)}"', "high", "secret"),
    "square-application-id": (f'a="sq0{"idp"}-{some(WORD, 22)}"', "high", "public"),
    "plaid-access-token": (f'a="access-{"production"}-{uuid()}"', "high", "secret"),
    "braintree-access-token": (f'a="access_{"token"}$production${some(LOWER, 16)}${some(HEX, 32)}"', "high", "secret"),
    "braintree-tokenization-key": (f'a="production_{some(LOWER, 8)}_{some(LOWER, 16)}"', "medium", "public"),
    "razorpay-key-id": (f'a="rzp_{"live"}_{some(WORD, 14)}"', "high", "public"),
    "razorpay-key-id-test": (f'a="rzp_{"test"}_{some(WORD, 14)}"', "high", "depends"),
    "flutterwave-secret": (f'a="FLW{"SECK"}-{some(HEX, 32)}-X"', "high", "secret"),
    "flutterwave-public": (f'a="FLW{"PUBK"}-{some(HEX, 32)}-X"', "high", "public"),
    "xendit-secret": (f'a="xnd_{"production"}_{some(WORD, 60)}"', "high", "secret"),
    "paddle-api-key": (f'a="pdl_{"live"}_apikey_{some(LOWER, 26)}_{some(WORD, 22)}_{some(WORD, 3)}"', "high", "secret"),
    "supabase-secret": (f'a="sb_{"secret"}_{some(WORD, 31)}"', "high", "secret"),
    "supabase-publishable": (f'a="sb_{"publishable"}_{some(WORD, 31)}"', "high", "public"),
    "supabase-access-token": (f'a="sb{"p"}_{some(HEX, 40)}"', "high", "secret"),
    "supabase-service-role": (f'a="{jwt(iss="supabase", role="service_role", exp=LATER)}"', "high", "secret"),
    "supabase-anon": (f'a="{jwt(iss="supabase", role="anon", exp=LATER)}"', "high", "public"),
    "jwt": (f'a="{jwt(sub="somebody", exp=LATER)}"', "medium", "depends"),
    "gcp-service-account": (f'{{"type":"service_account","private_{"key_id"}":"{some(HEX, 40)}"}}', "high", "secret"),
    "google-oauth-secret": (f'a="GOC{"SPX"}-{some(WORD, 28)}"', "high", "secret"),
    "google-access-token": (f'a="ya{"29"}.{some(WORD, 120)}"', "medium", "secret"),
    "google-api-key": (f'maps("AI{"za"}{some(WORD, 35)}")', "high", "depends"),
    "gemini-key": (f'a="AQ.{"Ab8RN6"}{some(WORD, 44)}"', "high", "secret"),
    "google-client-id": (f'a="{some("123456789", 12)}-{some(LOWER, 32)}.apps.googleusercontent.com"', "high", "public"),
    "firebase-server-key": (f'a="AA{"AA"}{some(WORD, 7)}:APA91b{some(WORD, 134)}"', "high", "secret"),
    "aws-access-key-id": (f'a="AK{"IA"}{some(B32, 16)}"', "medium", "depends"),
    "aws-secret-key": (f'{{secret{"AccessKey"}:"{some(WORD + "/+", 40)}"}}', "high", "secret"),
    "aws-bedrock-key": (f'a="AB{"SK"}{some(WORD, 128)}="', "high", "secret"),
    "azure-storage-key": (f'a="AccountName=shop;Account{"Key"}={some(WORD + "+/", 86)}==;End"', "high", "secret"),
    "azure-shared-access-key": (f'a="SharedAccess{"Key"}={some(WORD + "+/", 43)}="', "high", "secret"),
    "openai-key": (f'a="sk-{"proj"}-{some(WORD, 74)}T3Blbk{"FJ"}{some(WORD, 74)}"', "high", "secret"),
    "anthropic-key": (f'a="sk-{"ant"}-api03-{some(WORD, 93)}AA"', "high", "secret"),
    "openrouter-key": (f'a="sk-{"or"}-v1-{some(HEX, 64)}"', "high", "secret"),
    "groq-key": (f'a="gs{"k"}_{some(WORD, 52)}"', "high", "secret"),
    "huggingface-token": (f'a="h{"f"}_{some(string.ascii_letters, 34)}"', "high", "secret"),
    "replicate-token": (f'a="r{"8"}_{some(WORD, 37)}"', "high", "secret"),
    "xai-key": (f'a="xa{"i"}-{some(WORD, 80)}"', "high", "secret"),
    "perplexity-key": (f'a="ppl{"x"}-{some(WORD, 48)}"', "high", "secret"),
    "elevenlabs-key": (f'a="s{"k"}_{some(HEX, 48)}"', "medium", "secret"),
    "deepseek-key": (f'a="s{"k"}-{some(HEX, 32)}"', "medium", "secret"),
    "pinecone-key": (f'a="pc{"sk"}_{some(WORD, 6)}_{some(WORD, 63)}"', "high", "secret"),
    "github-token": (f'a="{checked("gh" + "p_")}"', "high", "secret"),
    "github-fine-grained-token": (f'a="github_{"pat"}_{some(WORD, 22)}_{some(WORD, 59)}"', "high", "secret"),
    "gitlab-token": (f'a="gl{"pat"}-{some(WORD, 20)}"', "high", "secret"),
    "npm-token": (f'a="{checked("np" + "m_")}"', "high", "secret"),
    "pypi-token": (f'a="py{"pi"}-AgEIcHlwaS5vcmc{some(WORD, 120)}"', "high", "secret"),
    "docker-hub-token": (f'a="dckr_{"pat"}_{some(WORD, 27)}"', "high", "secret"),
    "sendgrid-key": (f'a="S{"G"}.{some(WORD, 22)}.{some(WORD, 43)}"', "high", "secret"),
    "mailgun-key": (f'a="ke{"y"}-{some(HEX, 32)}"', "medium", "secret"),
    "mailgun-key-named": (f'{{MAIL{"GUN"}_API_KEY:"{some(HEX, 32)}-{some(HEX, 8)}-{some(HEX, 8)}"}}', "high", "secret"),
    "mailchimp-key": (f'a="{some(HEX, 32)}-u{"s"}21"', "high", "secret"),
    "brevo-key": (f'a="xkey{"sib"}-{some(HEX, 64)}-{some(WORD, 16)}"', "high", "secret"),
    "resend-key": (f'a="r{"e"}_{some(WORD, 8)}_{some(WORD, 24)}"', "medium", "secret"),
    "postmark-token": (f'{{post{"mark"}ServerToken:"{uuid()}"}}', "medium", "secret"),
    "twilio-api-key": (f'a="S{"K"}{some(HEX, 32)}"', "medium", "depends"),
    "twilio-auth-token": (f'{{TWILIO_{"AUTH"}_TOKEN:"{some(HEX, 32)}"}}', "high", "secret"),
    "slack-token": (f'a="xox{"b"}-{some("123456789", 12)}-{some("123456789", 12)}-{some(WORD, 24)}"', "high", "secret"),
    "slack-webhook": (
        f'a="https://hooks.slack{".com"}/services/T{some(B32, 9)}/B{some(B32, 9)}/{some(WORD, 24)}"',
        "high",
        "secret",
    ),
    "discord-webhook": (
        f'a="https://discord{".com"}/api/webhooks/{some("123456789", 18)}/{some(WORD, 68)}"',
        "high",
        "secret",
    ),
    "telegram-bot-token": (f'a="{some("123456789", 10)}:A{"A"}{some(WORD, 33)}"', "high", "secret"),
    "vercel-token": (f'a="vc{"p"}_{some(WORD, 56)}"', "high", "secret"),
    "cloudflare-token": (f'a="cf{"ut"}_{some(WORD, 40)}"', "high", "secret"),
    "cloudflare-global-key": (f'{{"X-Auth-{"Key"}":"{some(HEX, 37)}"}}', "high", "secret"),
    "cloudflare-origin-ca-key": (f'a="v1{".0"}-{some(HEX, 24)}-{some(HEX, 146)}"', "high", "secret"),
    "fly-token": (f'a="FlyV1 fm{"2"}_{some(WORD, 140)}=="', "high", "secret"),
    "heroku-key": (f'a="HR{"KU"}-AA{some(WORD, 58)}"', "high", "secret"),
    "digitalocean-token": (f'a="do{"p"}_v1_{some(HEX, 64)}"', "high", "secret"),
    "render-key": (f'a="rn{"d"}_{some(WORD, 32)}"', "medium", "secret"),
    "netlify-token": (f'a="nf{"p"}_{some(WORD, 36)}"', "high", "secret"),
    "neon-key": (f'a="na{"pi"}_{some(LOWER, 64)}"', "high", "secret"),
    "planetscale-token": (f'a="pscale_{"tkn"}_{some(WORD, 43)}"', "high", "secret"),
    "databricks-token": (f'a="da{"pi"}{some(HEX, 32)}"', "high", "secret"),
    "doppler-token": (f'a="dp.{"st"}.prd.{some(WORD, 43)}"', "high", "secret"),
    "vault-token": (f'a="hv{"s"}.{some(WORD, 90)}"', "medium", "secret"),
    "onepassword-service-account": (f'a="ops_{"eyJ"}{some(WORD, 400)}"', "high", "secret"),
    "database-url": (f'a="postgres://shop:{some(WORD, 16)}@db.market.test:5432/shop"', "high", "secret"),
    "url-login": (f'fetch("https://admin:{some(WORD, 16)}@api.market.test/v1")', "medium", "secret"),
    "sentry-token": (f'a="sntry{"u"}_{some(HEX, 64)}"', "high", "secret"),
    "sentry-dsn": (f'a="https://{some(HEX, 32)}@o{some("123456789", 6)}.ingest.us.sentry.io/45067"', "high", "public"),
    "posthog-personal-key": (f'a="ph{"x"}_{some(WORD, 43)}"', "high", "secret"),
    "posthog-project-key": (f'a="ph{"c"}_{some(WORD, 43)}"', "high", "public"),
    "newrelic-user-key": (f'a="NR{"AK"}-{some(string.ascii_uppercase + string.digits, 27)}"', "high", "secret"),
    "grafana-token": (f'a="gl{"sa"}_{some(WORD, 32)}_{some(HEX, 8)}"', "high", "secret"),
    "datadog-client-token": (f'a="pu{"b"}{some(HEX, 32)}"', "medium", "public"),
    "launchdarkly-sdk-key": (f'a="sd{"k"}-{uuid()}"', "high", "secret"),
    "linear-key": (f'a="lin_{"api"}_{some(WORD, 40)}"', "high", "secret"),
    "notion-token": (f'a="nt{"n"}_{some(WORD, 46)}"', "medium", "secret"),
    "airtable-token": (f'a="pa{"t"}{some(WORD, 14)}.{some(HEX, 64)}"', "high", "secret"),
    "hubspot-token": (f'a="pat-{"na"}1-{uuid()}"', "high", "secret"),
    "contentful-token": (f'a="CF{"PAT"}-{some(WORD, 43)}"', "high", "secret"),
    "trigger-dev-key": (f'a="tr_{"prod"}_{some(WORD, 20)}"', "high", "secret"),
    "inngest-signing-key": (f'a="signkey-{"prod"}-{some(HEX, 64)}"', "high", "secret"),
    "mapbox-secret": (f'a="s{"k"}.eyJ{some(WORD, 60)}.{some(WORD, 22)}"', "high", "secret"),
    "mapbox-public": (f'a="p{"k"}.eyJ{some(WORD, 60)}.{some(WORD, 22)}"', "high", "public"),
    "shopify-token": (f'a="shp{"at"}_{some(HEX, 32)}"', "high", "secret"),
    "onesignal-key": (f'a="os_{"v2"}_app_{some(B32.lower(), 103)}"', "high", "secret"),
    "algolia-admin-key": (f'{{ALGOLIA_{"ADMIN"}_KEY:"{some(HEX, 32)}"}}', "high", "secret"),
    "algolia-key": (f'{{algolia{"ApiKey"}:"{some(HEX, 32)}"}}', "medium", "depends"),
    "recaptcha-key": (f'a="6{"L"}{some(WORD, 38)}"', "medium", "depends"),
    "pubnub-secret": (f'a="sec{"-c-"}{some(WORD, 48)}"', "high", "secret"),
    "revenuecat-public": (f'a="app{"l"}_{some(string.ascii_letters, 28)}"', "medium", "public"),
    "private-key": (f"a=`{PEM}`", "high", "secret"),
    "age-secret-key": (f'a="AGE-SECRET{"-KEY-"}1{some(string.ascii_uppercase + string.digits, 58)}"', "high", "secret"),
    "authorization-literal": (f'{{headers:{{Authorization:"Bear{"er"} {some(WORD, 40)}"}}}}', "medium", "secret"),
    "cloudinary-url": (f'a="cloudinary:{"//"}{some("123456789", 15)}:{some(WORD, 27)}@shop-media"', "high", "secret"),
    "ably-key": (f'new Ably.Realtime({{key:"{some(WORD, 6)}.{some(WORD, 6)}:{some(WORD, 43)}"}})', "high", "secret"),
    "liveblocks-secret": (f'a="sk_{"prod"}_{some(WORD, 48)}"', "high", "secret"),
    "discord-bot-token": (
        f'discordToken="M{some(WORD, 25)}.{some(WORD, 6)}.{some(WORD, 38)}"',
        "high",
        "secret",
    ),
    "teams-webhook": (
        f'a="https://shop.webhook.office{".com"}/webhookb2/{uuid()}@{uuid()}/IncomingWebhook/{some(HEX, 32)}/{uuid()}"',
        "high",
        "secret",
    ),
    "figma-token": (f'a="fig{"d"}_{some(WORD, 40)}"', "high", "secret"),
    "postman-key": (f'a="PMA{"K"}-{some(HEX, 24)}-{some(HEX, 34)}"', "high", "secret"),
    "atlassian-token": (f'a="ATAT{"T3"}{some(WORD, 180)}"', "high", "secret"),
    "nvidia-key": (f'a="nva{"pi"}-{some(WORD, 64)}"', "high", "secret"),
    "langsmith-key": (f'a="lsv{"2"}_pt_{some(HEX, 32)}_{some(HEX, 10)}"', "high", "secret"),
    "typeform-token": (f'a="tf{"p"}_{some(WORD, 44)}"', "high", "secret"),
    "dropbox-token": (f'a="sl.{"u"}.{some(WORD, 140)}"', "high", "secret"),
    "meta-token": (f'a="EA{"A"}G{some(WORD, 160)}"', "medium", "secret"),
    "named-secret": (f'{{client_{"secret"}:"{some(WORD, 40)}"}}', "low", "secret"),
}


def test_the_table_is_covered_row_by_row() -> None:
    assert {rule.id for rule in secrets.load()} == set(EXAMPLES)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_real_shape_is_found_by_its_own_rule(rule: str) -> None:
    code, confidence, exposure = EXAMPLES[rule]
    (match,) = secrets.scan(f"var z=1;{code};", now=NOW).matches
    assert (match.rule.id, match.confidence, match.exposure) == (rule, confidence, exposure)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_no_value_stays_behind(rule: str) -> None:
    code = EXAMPLES[rule][0]
    (match,) = secrets.scan(code, now=NOW).matches
    value = code[match.start : match.end]
    assert match.length == len(value)
    fixed = max((len(keyword) for keyword in match.rule.keywords if value.startswith(keyword)), default=0)
    if match.rule.validator not in ("pem", "url-password"):
        assert len(match.prefix) - fixed <= 4
    assert value not in repr(match)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_found_in_minified_escaped_and_quoted_code(rule: str) -> None:
    code = EXAMPLES[rule][0]
    for text in (f'e=>{{t(n,"\\n{code}")}}', f"{'x=1;' * 400}{code}{';y=2' * 400}", f"\ufeffœ\n{code}\n"):
        assert rule in [match.rule.id for match in secrets.scan(text, now=NOW).matches]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (f'a="sk_{"live"}_{"x" * 24}"', "one letter repeated"),
        (f'a="sk_{"live"}_your_key_here"', "words for the reader"),
        (f'a="sk_{"live"}_short"', "too short"),
        (f"task_sk{'_live_'}", "a name that ends in the prefix"),
        (f'a="mask_{"live"}_{some(WORD, 24)}"', "another word that ends in sk_live_"),
        (f'new Ably.Realtime({{key:"{some(WORD, 6)}.{some(WORD, 6)}"}})', "the name of an Ably key without its secret"),
        (f'a="{some(WORD, 6)}.{some(WORD, 6)}:{some(WORD, 43)}"', "the shape alone, with no word of Ably"),
        ('a="cloudinary://<key>:<secret>@shop-media"', "words for the reader"),
        (f'a="EAA{"A" * 200}"', "an inline font or picture"),
        (f'a="sl.{"Button"}"', "the start of a word"),
        (f'a="AKIA{"IOSFODNN7EXAMPLE"}"', "the vendor's own example"),
        (f'a="AKIA{some(string.ascii_lowercase, 16)}"', "lower case is no AWS id"),
        ('if(k.startsWith("-----BEGIN PRIVATE KEY-----"))', "a library that knows the header"),
        ('"-----BEGIN PRIVATE KEY-----\\n"+e.match(/.{64}/g)', "a library that writes the header"),
        ('a="postgres://postgres:postgres@localhost:5432/app"', "the compose file's default"),
        ("a=`postgres://${u}:${p}@${h}/db`", "a template"),
        ('a="postgres://user:password@db.market.test/app"', "the word password"),
        ('a="postgres://shop:x7Gh2kLmPq@db:5432/app"', "a machine of a compose file"),
        ('a="https://example.com:8443/path@2x.png"', "a port and an at sign"),
        ('a="https://cdn.market.test/npm/pkg@1.2.3/x.js"', "a package address"),
        (f'a="h{"f"}_{some(string.ascii_letters, 20)}"', "too short for that provider"),
        (f'a="{some(HEX, 64)}"', "a content hash"),
        (f'a="{uuid()}"', "a plain identifier"),
        ("font:re_normal_sk_sans", "letters with underscores"),
        (f'a="eyJ{some(WORD, 30)}.eyJ{some(WORD, 30)}.{some(WORD, 43)}"', "three parts that decode to nothing"),
        ('{client_secret:"REPLACE_ME_WITH_YOUR_CLIENT_SECRET"}', "a placeholder"),
        ("data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXX0=", "an inline source map"),
        (f'a="{some(HEX, 32)}-{some(HEX, 8)}-{some(HEX, 8)}"', "three hex groups that nobody calls a Mailgun key"),
    ],
)
def test_near_misses_are_left_alone(code: str, why: str) -> None:
    assert secrets.scan(code, now=NOW).matches == (), why


def test_a_wrong_check_sum_is_only_a_doubt() -> None:
    body = some(WORD, 36)
    assert not crc_ok(body)
    (match,) = secrets.scan(f'a="gh{"p"}_{body}"', now=NOW).matches
    assert match.confidence == "low"


def test_a_longer_installation_token_has_no_check_sum_to_fail() -> None:
    (match,) = secrets.scan(f'a="gh{"s"}_{some(WORD, 30)}_{some(WORD, 60)}"', now=NOW).matches
    assert (match.rule.id, match.confidence) == ("github-token", "medium")


@pytest.mark.parametrize(
    ("claims", "rule", "confidence"),
    [
        ({"iss": "supabase", "role": "service_role", "exp": BEFORE}, "supabase-service-role", "low"),
        ({"iss": "supabase-demo", "role": "service_role", "exp": LATER}, "supabase-service-role", "low"),
        ({"iss": "somebody", "role": "service_role", "exp": LATER}, "jwt", "medium"),
        ({"sub": "1", "exp": BEFORE}, "jwt", "low"),
        ({"sub": "1"}, "jwt", "medium"),
    ],
)
def test_tokens_are_judged_by_what_they_say(claims: dict[str, object], rule: str, confidence: str) -> None:
    (match,) = secrets.scan(f'a="{jwt(**claims)}"', now=NOW).matches
    assert (match.rule.id, match.confidence) == (rule, confidence)


def test_a_firebase_web_config_makes_its_key_public() -> None:
    key = f"AI{'za'}{some(WORD, 35)}"
    (match,) = secrets.scan(f'{{apiKey:"{key}",authDomain:"shop.firebaseapp.com"}}', now=NOW).matches
    assert match.exposure == "public"
    (alone,) = secrets.scan(f'{{apiKey:"{key}"}}', now=NOW).matches
    assert alone.exposure == "depends"


def test_overlaps_give_one_match_each() -> None:
    token = f"sk_{'live'}_{some(WORD, 40)}"
    (match,) = secrets.scan(f'{{secret_key:"{token}"}}', now=NOW).matches
    assert match.rule.id == "stripe-secret"
    (header,) = secrets.scan(
        f'{{Authorization:"Bearer {jwt(iss="supabase", role="service_role", exp=LATER)}"}}', now=NOW
    ).matches
    assert header.rule.id == "supabase-service-role"


def test_place_is_counted_from_one() -> None:
    (match,) = secrets.scan(f'one\ntwo\n  "sk_{"live"}_{some(WORD, 40)}"', now=NOW).matches
    assert (match.line, match.column) == (3, 4)


def test_folded_keywords_in_text_whose_case_changes_its_length() -> None:
    code = EXAMPLES["aws-secret-key"][0]
    assert [match.rule.id for match in secrets.scan("\u0130" * 40 + code, now=NOW).matches] == ["aws-secret-key"]


@pytest.mark.parametrize(
    "seed", ["sk_live_", "eyJ", "T3BlbkFJ", "https://a:", "-us1", "-----BEGIN ", "secretkey='", "6L", ":AA"]
)
def test_a_file_made_to_be_slow_ends_and_says_so(seed: str) -> None:
    result = secrets.scan(seed * (1_200_000 // len(seed)), now=NOW)
    assert not result.complete
    assert len(result.matches) <= 100


def test_many_copies_are_capped() -> None:
    text = "\n".join(f'"sk_{"live"}_{some(WORD, 30)}"' for _ in range(80))
    result = secrets.scan(text, now=NOW)
    assert len(result.matches) == 50
    assert not result.complete


def test_what_is_hidden_is_what_is_sure() -> None:
    secret, public = EXAMPLES["stripe-secret"][0], EXAMPLES["stripe-publishable"][0]
    assert secrets.hide(f"{secret} and {public}") == f'a="<Stripe-style live secret key>" and {public}'


@pytest.mark.parametrize("rule", secrets.load(), ids=lambda rule: rule.id)
def test_a_shape_finds_the_value(rule: secrets.Rule) -> None:
    code = EXAMPLES[rule.id][0]
    assert secrets.shape(rule.id).search(code) is not None
    assert any(keyword in (code.lower() if rule.fold else code) for keyword in rule.keywords)


def test_a_shape_that_is_not_in_the_table_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        secrets.shape("no-such-rule")


@pytest.mark.parametrize("rule", secrets.load(), ids=lambda rule: rule.id)
def test_a_secret_that_is_written_out_is_known(rule: secrets.Rule) -> None:
    code = EXAMPLES[rule.id][0]
    sure = [match for match in secrets.scan(code, now=NOW).matches if match.sure]
    assert secrets.written_out(code) == bool(sure)
    assert sure or rule.exposure == "public" or rule.confidence != "high"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Bearer x", True),
        ("basic dTpw", True),
        ("Token abc", True),
        ("", False),
        ("bearer ", False),
        ("application/json", False),
        ("the bearer of this", False),
        ("key-value", False),
        ("v1.0-beta", False),
        ("{{password}}", False),
        ("de-DE,de;q=0.9", False),
    ],
)
def test_a_scheme_with_a_value_is_a_secret_and_words_are_none(text: str, held: bool) -> None:
    assert secrets.written_out(text) is held


# What keys of the usual vendors begin with, as the code of a second table would have them.
BEGINNINGS = re.compile(
    r"\b(?:[sr]k_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-(?:ant|proj|or)-|AKIA|AIza|eyJ|GOCSPX-)"
    r"|\[sr\]k_|gh\[|xox\[|BEGIN [A-Z ]*PRIVATE"
)


def test_no_other_room_has_shapes_of_its_own() -> None:
    """A second table would age apart from the first."""
    room = Path(launchready_tui.__file__).parent
    found = {
        (path.relative_to(room).as_posix(), match[0])
        for path in room.rglob("*.py")
        if path.parent.name != "secrets"
        for match in BEGINNINGS.finditer(path.read_text("utf-8"))
    }
    assert found == set()
    assert len(BEGINNINGS.findall((room / "secrets" / "rules.toml").read_text("utf-8"))) > 30


def test_placeholders_and_entropy() -> None:
    assert is_placeholder("aaaaaaaabbbb")
    assert is_placeholder("my-EXAMPLE-key")
    assert not is_placeholder(some(WORD, 24))
    assert entropy("") == 0
    assert entropy("abcd") == 2


def test_an_access_key_id_of_few_characters_is_a_sample() -> None:
    start = "AK" + "IA"
    dull, lively = "ABABABCDCDCDABCD", "QWERTYUIOPLKJHGF"
    assert entropy(dull) < 2.5 < 3.5 < entropy(lively)
    plain = "AAAABBBCCCDDDEFG"
    assert 2.5 < entropy(plain) < 3.5
    assert secrets.scan(f'a="{start}{dull}"', now=NOW).matches == ()
    for body in (plain, lively):
        assert [one.confidence for one in secrets.scan(f'a="{start}{body}"', now=NOW).matches] == ["medium"]


@pytest.mark.parametrize("claims", [{"sub": "1"}, {"sub": "12"}, {"sub": "123"}, {"sub": "1234"}])
def test_a_token_decodes_whatever_its_length(claims: dict[str, object]) -> None:
    assert jwt_payload(jwt(**claims)) == claims


@pytest.mark.parametrize(("unknown", "shown"), [(23, 0), (24, 4), (25, 4)])
def test_a_prefix_leaves_twenty_characters_unknown(unknown: int, shown: int) -> None:
    rule = next(one for one in secrets.load() if one.id == "stripe-secret")
    fixed = f"sk_{'live'}_"
    assert fixed in rule.keywords
    value = fixed + some(WORD, unknown)
    assert _prefix(rule, value) == value[: len(fixed) + shown]


@pytest.mark.parametrize(
    "broken", [b"", b"[]", b"{}", b'{"version":2,"sources":[]}', b'{"version":3,"sources":7}', b"\xff\xfe"]
)
def test_what_is_no_source_map_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="source map"):
        secrets.sources(broken)


def test_sources_come_out_of_a_map_and_its_sections() -> None:
    inner = {"version": 3, "sources": ["b.ts", None], "sourcesContent": ["two", "three", "", "five"]}
    outer = {
        "version": 3,
        "sources": ["a.ts", "empty.ts"],
        "sourcesContent": ["one", None],
        "mappings": "AAAA",
        "sections": [{"offset": {}, "map": inner}],
    }
    found = secrets.sources(b")]}'\n" + json.dumps(outer).encode())
    assert [(source.name, source.content) for source in found] == [
        ("a.ts", "one"),
        ("b.ts", "two"),
        ("source 2", "three"),
        ("source 4", "five"),
    ]


def test_the_map_that_a_script_names() -> None:
    assert secrets.map_reference("var a;\n//# sourceMappingURL=app.js.map") == "app.js.map"
    assert secrets.map_reference("var a;\n//@ sourceMappingURL=old.map\n") == "old.map"
    assert secrets.map_reference("//#sourceMappingURL=tight.map") == "tight.map"
    assert secrets.map_reference("x" * 90 + ";//# sourceMappingURL=far.map") == "far.map"
    assert secrets.map_reference("x" * 90 + ";//#sourceMappingURL=far.map") == "far.map"
    assert secrets.map_reference('e="sourceMappingURL="+t') == ""
    assert secrets.map_reference("") == ""
