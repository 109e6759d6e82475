"""Settings as Stash, tasks and the environment send them; what a bad one does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from validation.config import (
    ConfigReport,
    PlexSyncConfig,
    fingerprint,
    validate_config,
)
from validation.paths import PathRules
from validation.setting_types import describe_secret, server_url
from validation.settings import DECLARED, SETTINGS

TOKEN = "abcDEF123-_xyz7890AB"
GOOD = {"plex_url": "http://10.0.0.2:32400", "plex_token": TOKEN}

# The settings page as the project promised it: name, kind, default, range.
PROMISED: dict[str, tuple[str, Any, Any]] = {
    "plex_url": ("STRING", "", None),
    "plex_token": ("STRING", "", None),
    "plex_library": ("STRING", "", None),
    "path_map": ("STRING", "", None),
    "paused": ("BOOLEAN", False, None),
    "preserve_plex_edits": ("BOOLEAN", False, None),
    "allow_ambiguous": ("BOOLEAN", False, None),
    "only_organized": ("BOOLEAN", False, None),
    "include_tags": ("STRING", "", None),
    "exclude_tags": ("STRING", "", None),
    "include_studios": ("STRING", "", None),
    "exclude_studios": ("STRING", "", None),
    "exclude_paths": ("STRING", "", None),
    "only_with_stash_id": ("BOOLEAN", False, None),
    "only_with_url": ("BOOLEAN", False, None),
    "title_template": ("STRING", "", None),
    "content_rating": ("STRING", "", None),
    "skip_fields": ("STRING", "", None),
    "sync_background": ("BOOLEAN", False, None),
    "sync_groups": ("BOOLEAN", False, None),
    "sync_code": ("BOOLEAN", False, None),
    "skip_rating": ("BOOLEAN", False, None),
    "skip_posters": ("BOOLEAN", False, None),
    "skip_studio_collections": ("BOOLEAN", False, None),
    "collect_parent_studios": ("BOOLEAN", False, None),
    "collect_performers": ("BOOLEAN", False, None),
    "collect_tags": ("STRING", "", None),
    "collection_prefix": ("STRING", "", None),
    "label_tags": ("STRING", "", None),
    "labels": ("STRING", "", None),
    "performer_tags": ("BOOLEAN", False, None),
    "leave_unlocked": ("BOOLEAN", False, None),
    "ask_plex_to_scan": ("BOOLEAN", False, None),
    "insecure_tls": ("BOOLEAN", False, None),
    "stash_api_key": ("STRING", "", None),
    "max_tags": ("NUMBER", 0, (0, None)),
    "max_retries": ("NUMBER", 5, (1, 20)),
    "connect_timeout": ("NUMBER", 5, (1, 30)),
    "read_timeout": ("NUMBER", 30, (5, 120)),
    "dlq_retention_days": ("NUMBER", 30, (1, 365)),
    "debug_logging": ("BOOLEAN", False, None),
    "plays_from_plex": ("BOOLEAN", False, None),
    "ratings_from_plex": ("BOOLEAN", False, None),
}
NUMBERS = [name for name, (kind, _, _) in PROMISED.items() if kind == "NUMBER"]
SWITCHES = [name for name, (kind, _, _) in PROMISED.items() if kind == "BOOLEAN"]


# A longer one pushes the button of its setting to a row of its own on Stash's page.
LONGEST_DESCRIPTION = 105


def read(raw: Mapping[str, object], **env: str) -> ConfigReport:
    return validate_config(raw, env)


def plain(config: PlexSyncConfig, name: str) -> object:
    value = config.model_dump()[name]
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def test_the_page_has_the_promised_settings_and_no_others() -> None:
    assert {
        setting.name: (
            setting.kind,
            setting.default,
            (setting.minimum, setting.maximum) if setting.kind == "NUMBER" else None,
        )
        for setting in SETTINGS
    } == PROMISED
    off_page = [setting.name for setting in DECLARED if not setting.on_page]
    assert off_page == ["poll_interval", "stash_url"]


def test_every_setting_is_explained_in_a_line() -> None:
    assert len({setting.display for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert 3 < len(setting.display) <= 40
        assert 20 < len(setting.description) <= LONGEST_DESCRIPTION
        assert setting.description.endswith(".")
        if setting.maximum is not None:
            bounds = f"{setting.minimum} to {setting.maximum}. 0 = default ({setting.default})."
            assert setting.description.endswith(bounds)


@pytest.mark.parametrize("unset", [{}, dict.fromkeys(PROMISED), dict.fromkeys(PROMISED, "")])
def test_nothing_given_means_the_defaults(unset: dict[str, object]) -> None:
    report = read(unset)
    assert report.problems == ()
    assert {name: plain(report.config, name) for name in PROMISED} == {
        name: default for name, (_, default, _) in PROMISED.items()
    }


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("zero", [0, "0", " 0 ", 0.0, "", " ", None])
def test_a_cleared_number_means_its_default(name: str, zero: object) -> None:
    assert read({name: zero}) == read({})


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_hold_to_their_range(name: str) -> None:
    low, high = PROMISED[name][2]
    top = high or 10**6
    for value in (max(1, low), top):
        for form in (value, str(value), f" {value} ", float(value)):
            report = read({name: form})
            assert (plain(report.config, name), report.problems) == (value, ())
    for bad in (-1, "-1", *([high + 1, str(high + 1)] if high else [])):
        assert_reported_and_default(name, bad)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("bad", ["many", 2.5, "2.5", True, [], {}, "nan", "1e999"])
def test_nonsense_in_a_number_is_reported_and_the_default_used(name: str, bad: object) -> None:
    assert_reported_and_default(name, bad)


def assert_reported_and_default(name: str, bad: object) -> None:
    report = read(GOOD | {name: bad})
    assert plain(report.config, name) == PROMISED[name][1]
    [problem] = report.problems
    assert f"({name})" in problem
    assert "is used. Correct it under Settings > Plugins > PlexSync in Stash." in problem
    assert report.setup_problem == ""


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        (True, True),
        ("true", True),
        (" True ", True),
        ("on", True),
        ("1", True),
        (1, True),
        (False, False),
        ("false", False),
        ("off", False),
        ("0", False),
        (0, False),
        ("", False),
    ],
)
def test_switches_are_read_from_what_stash_and_tasks_send(
    name: str, given_value: object, expected: bool
) -> None:
    report = read({name: given_value})
    assert (plain(report.config, name), report.problems) == (expected, ())


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("bad", ["maybe", 2, [], "offen"])
def test_nonsense_in_a_switch_is_reported_and_off_used(name: str, bad: object) -> None:
    assert_reported_and_default(name, bad)


def test_one_bad_setting_takes_no_other_with_it() -> None:
    report = read(GOOD | {"max_retries": "many", "read_timeout": 60, "paused": True})
    assert (report.config.max_retries, report.config.read_timeout) == (5, 60)
    assert report.config.paused
    assert report.config.plex_url == GOOD["plex_url"]


def test_a_report_says_what_was_given_what_is_used_and_what_to_change() -> None:
    assert read({"max_retries": 50, "connect_timeout": "soon"}).problems == (
        "'Maximum attempts' (max_retries) is 50, but must be a whole number from 1 to 20; 5 is"
        " used. Correct it under Settings > Plugins > PlexSync in Stash.",
        "'Connect timeout' (connect_timeout) is 'soon', but must be a whole number from 1 to 30;"
        " 5 is used. Correct it under Settings > Plugins > PlexSync in Stash.",
    )
    assert read({"paused": "maybe", "plex_library": {"a": 1}}).problems == (
        "'Plex libraries' (plex_library) is {'a': 1}, but must be text; it is taken as empty."
        " Correct it under Settings > Plugins > PlexSync in Stash.",
        "'Pause' (paused) is 'maybe', but must be on or off (true or false); off is used."
        " Correct it under Settings > Plugins > PlexSync in Stash.",
    )
    assert read({"poll_interval": 0.01}).problems == (
        "poll_interval is 0.01, but must be a number from 0.1 to 60; 0.25 is used."
        " Correct it where it was set.",
    )


def test_a_long_wrong_value_is_not_repeated_whole() -> None:
    [problem] = read({"max_retries": "x" * 5000}).problems
    assert len(problem) < 250


@pytest.mark.parametrize("name", ["plex_library", "path_map", "include_tags"])
def test_a_text_without_end_is_reported_in_a_line(name: str) -> None:
    problems = " ".join(read(GOOD | {name: "x" * 1_000_000}).problems)
    assert "have at most 20,000 characters" in problems
    assert len(problems) < 1_000


def test_a_wrong_path_rule_is_not_repeated_whole() -> None:
    rules, problems = PathRules.parse("/data => " + "x" * 19_000)
    assert not rules.rules
    assert len(problems[0]) < 300


def test_a_number_given_for_text_is_its_digits() -> None:
    assert read({"plex_library": 2024, "include_tags": "0"}).config.libraries == ("2024",)
    assert read({"include_tags": "0"}).config.included_tags == {"0"}


def test_the_old_plugins_settings_and_unknown_ones_are_not_read() -> None:
    old = {"plexToken": TOKEN, "plexHost": "10.0.0.9", "plexPort": 32400, "PLEX_URL": "http://x"}
    assert read(old | {"dryRun": True, "setup_problem": "x"}) == read({})


def test_the_environment_fills_empty_settings_only() -> None:
    env = {
        "PLEX_URL": "plex.lan:32400/",
        "PLEX_TOKEN": TOKEN,
        "STASH_URL": "http://stash.lan:9999/",
        "STASH_API_KEY": "KEY",
        "MAX_RETRIES": "7",
    }
    for raw in ({}, {"plex_url": "", "plex_token": " "}):
        config = validate_config(raw, env).config
        assert config.plex_url == "http://plex.lan:32400"
        assert config.stash_url == "http://stash.lan:9999"
        assert plain(config, "plex_token") == TOKEN
        assert plain(config, "stash_api_key") == "KEY"
        assert config.max_retries == 5
    stored = validate_config(GOOD | {"stash_api_key": "MINE"}, env | {"PLEX_TOKEN": "other"}).config
    assert stored.plex_url == GOOD["plex_url"]
    assert plain(stored, "plex_token") == TOKEN
    assert plain(stored, "stash_api_key") == "MINE"
    assert validate_config({}, dict.fromkeys(env, "")) == read({})


def test_a_bad_value_from_the_environment_is_said_to_come_from_there() -> None:
    report = read(GOOD, STASH_URL="ftp://stash")
    assert report.problems == (
        "stash_url is set, 11 characters, but must be an address that starts with http:// or"
        " https://; it is taken as empty. Correct it in the environment variable STASH_URL.",
    )
    report = read({"plex_token": TOKEN}, PLEX_URL="http://u:pw@plex")
    assert "Correct it in the environment variable PLEX_URL." in report.setup_problem


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("http://10.0.0.2:32400", "http://10.0.0.2:32400"),
        (" http://10.0.0.2:32400/ ", "http://10.0.0.2:32400"),
        ("10.0.0.2:32400", "http://10.0.0.2:32400"),
        ("plex:32400", "http://plex:32400"),
        ("localhost", "http://localhost"),
        ("HTTPS://Plex.example.test//", "https://Plex.example.test"),
        ("https://example.test/plex/", "https://example.test/plex"),
        ("http://[::1]:32400", "http://[::1]:32400"),
        ("[::1]:32400", "http://[::1]:32400"),
        ("http://büro.example.test", "http://büro.example.test"),
        ("", ""),
    ],
)
def test_an_address_is_normalised(given_url: str, expected: str) -> None:
    report = read(GOOD | {"plex_url": given_url})
    assert report.config.plex_url == expected
    assert report.problems == ()
    assert server_url(expected) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "ftp://plex:32400",
        "http:/plex:32400",
        "http:plex",
        "http://",
        "http:///web",
        "http://plex:",
        "http://plex:0",
        "http://plex:99999",
        "http://plex:port",
        "http://::1:32400",
        "http://[::1",
        "http://plex host",
        "http://plex\\x",
        "http://plex\nhost",
        "http://user:pw@plex:32400",
        "http://pw@plex",
        "http://plex:32400/?X-Plex-Token=pw",
        "http://plex:32400/web/index.html#!/pw",
        "http://ex\u2100mple",
        "//plex:32400",
        "plex;32400;x:",
    ],
)
def test_an_address_that_cannot_work_stops_everything_with_one_sentence(bad: str) -> None:
    report = read(GOOD | {"plex_url": bad})
    problem = report.setup_problem
    assert problem.startswith("'Plex address' (plex_url) is set, ")
    assert "; everything waits. Correct it under Settings" in problem
    assert "pw" not in problem
    assert "\n" not in problem
    assert (report.problems, report.config.plex_url) == ((), "")


def test_a_missing_address_or_token_is_said_in_one_sentence() -> None:
    assert read({}).setup_problem == (
        "The Plex address is not set; sign in with Plex, or enter address and token (plex_url,"
        " plex_token) under Settings > Plugins > PlexSync in Stash."
    )
    assert read({"plex_token": "t"}).setup_problem == (
        "The Plex address is not set; enter it (plex_url) under"
        " Settings > Plugins > PlexSync in Stash."
    )
    assert read({"plex_url": "plex:32400"}).setup_problem == (
        "The Plex token is not set; enter it (plex_token) under"
        " Settings > Plugins > PlexSync in Stash."
    )
    assert read(GOOD).setup_problem == ""


@pytest.mark.parametrize(
    "token", ["two words", "line\nbreak", "tokén", "nul\x00", "a\u202eb", "half\ud83d"]
)
def test_a_token_no_header_can_carry_stops_everything_and_is_not_shown(token: str) -> None:
    problem = read(GOOD | {"plex_token": token}).setup_problem
    assert f"is set, {len(token)} characters, but must " in problem
    assert token not in problem


def test_a_token_is_trimmed() -> None:
    assert plain(read({"plex_token": f" {TOKEN}\n"}).config, "plex_token") == TOKEN


def test_a_secret_is_shown_by_its_length_only() -> None:
    assert describe_secret(SecretStr(TOKEN)) == "set, 20 characters"
    assert describe_secret(TOKEN) == "set, 20 characters"
    assert describe_secret(SecretStr("")) == "not set"


@pytest.mark.parametrize("secret", ["CANARY-secret", "CANARY secret", "CANARYé"])
@pytest.mark.parametrize("name", ["plex_token", "stash_api_key"])
def test_no_secret_is_in_any_text_made_of_the_settings(name: str, secret: str) -> None:
    report = read({name: secret, "max_retries": 99})
    texts = [repr(report), str(report), str(report.config.model_dump()), *report.problems]
    texts += [report.config.model_dump_json(), json.dumps(fingerprint(report.config))]
    texts += [report.setup_problem]
    try:
        PlexSyncConfig.model_validate({name: secret, "max_retries": 99})
    except ValidationError as error:
        texts += [str(error), repr(error)]
    assert not [text for text in texts if "CANARY" in text]


@pytest.mark.parametrize(
    ("raw", "enabled", "strict"),
    [
        ({}, True, True),
        ({"paused": True}, False, True),
        ({"enabled": False}, False, True),
        ({"enabled": "false"}, False, True),
        ({"enabled": "0"}, False, True),
        ({"enabled": True}, True, True),
        ({"enabled": ""}, True, True),
        ({"enabled": True, "paused": True}, False, True),
        ({"strict_matching": False}, True, False),
        ({"strict_matching": "true"}, True, True),
        ({"allow_ambiguous": True}, True, False),
        ({"strict_matching": True, "allow_ambiguous": "1"}, True, False),
    ],
)
def test_the_opposite_names_are_accepted(
    raw: dict[str, object], enabled: bool, strict: bool
) -> None:
    report = read(raw)
    assert (report.config.enabled, report.config.strict_matching) == (enabled, strict)
    assert report.problems == ()
    built = PlexSyncConfig.model_validate(raw)
    assert (built.enabled, built.strict_matching) == (enabled, strict)


def test_a_bad_opposite_is_reported_and_does_no_harm() -> None:
    report = read(GOOD | {"enabled": "perhaps", "strict_matching": 7})
    assert (report.config.enabled, report.config.strict_matching) == (True, True)
    assert len(report.problems) == 2


@pytest.mark.parametrize(("interval", "seconds"), [(0, 0.25), ("0.1", 0.1), (60, 60), ("", 0.25)])
def test_the_poll_interval_can_be_set_off_the_page(interval: object, seconds: float) -> None:
    report = read({"poll_interval": interval})
    assert (report.config.poll_interval, report.problems) == (seconds, ())


def test_names_in_lists_are_trimmed_and_cleaned() -> None:
    config = read({"plex_library": " Films ;films;; Home  Videos;"}).config
    assert config.libraries == ("Films", "Home Videos")


def test_a_bad_part_of_a_list_is_reported_and_the_rest_used() -> None:
    report = read({"exclude_paths": "trailers; /data/new"})
    assert report.problems == (
        "'Exclude scenes in these paths' (exclude_paths): 'trailers' matches no path, as paths"
        " begin at the root; write '*/trailers'.",
    )
    assert report.config.excluded_paths.match("/data/new/a.mp4")


def test_path_rules_are_read_and_their_problems_reported() -> None:
    report = read({"path_map": "/data => /media; nonsense"})
    [problem] = report.problems
    assert problem.startswith("'Path rules' (path_map): ")
    assert "nonsense" in problem
    assert read({"path_map": "a\n\x01e\x02b"}).problems[0].isprintable()
    assert "/media/a.mp4" in report.config.path_rules.to_plex("/data/a.mp4")


SHAPING = {
    "plex_library": "Films",
    "path_map": "/a => /b",
    "allow_ambiguous": True,
    "preserve_plex_edits": True,
    "leave_unlocked": True,
    "sync_background": True,
    "sync_groups": True,
    "sync_code": True,
    "skip_rating": True,
    "skip_posters": True,
    "skip_studio_collections": True,
    "max_tags": 9,
    "title_template": "{studio}",
    "collect_parent_studios": True,
    "collect_performers": True,
    "collect_tags": "a",
    "collection_prefix": "studio=S",
    "label_tags": "a",
    "labels": "a",
    "performer_tags": True,
    "content_rating": "XXX",
    "skip_fields": "date",
}
OTHERS = {
    "plex_url": "http://other",
    "plex_token": "OTHER",
    "stash_api_key": "KEY",
    "paused": True,
    "only_organized": True,
    "only_with_stash_id": True,
    "only_with_url": True,
    "include_tags": "a",
    "exclude_tags": "b",
    "include_studios": "c",
    "exclude_studios": "d",
    "exclude_paths": "/e",
    "plays_from_plex": True,
    "ratings_from_plex": True,
    "ask_plex_to_scan": True,
    "insecure_tls": True,
    "max_retries": 9,
    "connect_timeout": 9,
    "read_timeout": 9,
    "dlq_retention_days": 9,
    "debug_logging": True,
}


def test_the_fingerprint_moves_with_what_shapes_a_write_and_with_nothing_else() -> None:
    assert {**SHAPING, **OTHERS}.keys() == PROMISED.keys()
    base = fingerprint(read({}).config)
    prints = [fingerprint(read({name: value}).config) for name, value in SHAPING.items()]
    assert len({base, *prints}) == len(SHAPING) + 1
    assert {fingerprint(read({name: value}).config) for name, value in OTHERS.items()} == {base}


def test_the_fingerprint_is_the_same_in_every_process_and_version() -> None:
    assert fingerprint(read({}).config) == fingerprint(read({"max_tags": "0"}).config)
    assert len(fingerprint(read({}).config)) == 12


def test_settings_cannot_be_changed_in_place() -> None:
    config = read(GOOD).config
    with pytest.raises(ValidationError):
        config.paused = True


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
)
NAMES = st.sampled_from([*(setting.name for setting in DECLARED), "enabled", "strict_matching"])


@given(st.dictionaries(NAMES | st.text(), JUNK), st.dictionaries(st.just("PLEX_URL"), st.text()))
def test_no_settings_whatever_stop_the_plugin(raw: dict[str, object], env: dict[str, str]) -> None:
    report = validate_config(raw, env)
    assert all("\n" not in problem for problem in report.problems)
    assert fingerprint(report.config)
    usable = report.config.plex_url and report.config.plex_token.get_secret_value()
    assert usable or report.setup_problem
