"""Parse the settings from Stash and the environment; a bad value never stops this."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from pydantic import ValidationError

from validation.collection_prefix import Prefixes, parse_prefixes
from validation.field_names import parse_fields
from validation.globs import PathGlobs, parse_globs
from validation.paths import PathRules
from validation.sanitizers import name_key, sanitize_for_plex, sanitize_names
from validation.setting_types import Setting, describe_secret, is_blank
from validation.settings import DECLARED, OPPOSITES, Settings
from validation.title_template import Mistake, Template, parse_template

# Where a value comes from when the setting is empty.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "plex_url": "PLEX_URL",
    "plex_token": "PLEX_TOKEN",
    "stash_url": "STASH_URL",
    "stash_api_key": "STASH_API_KEY",
}

# Without these nothing can be synced: a bad one makes everything wait.
_CONNECTION: Final = ("plex_url", "plex_token")

# The settings that decide which items a scene is written to and which values are written. Filters
# are not among them: they decide whether a scene is synced, and are asked each time.
_SHAPING: Final = (
    "plex_library",
    "path_map",
    "allow_ambiguous",
    "preserve_plex_edits",
    "leave_unlocked",
    "sync_background",
    "sync_groups",
    "sync_code",
    "skip_rating",
    "skip_posters",
    "skip_studio_collections",
    "max_tags",
    "title_template",
    "collect_parent_studios",
    "collect_performers",
    "collect_tags",
    "collection_prefix",
    "label_tags",
    "labels",
    "performer_tags",
    "content_rating",
    "skip_fields",
)

_DECLARED: Final[Mapping[str, Setting]] = {setting.name: setting for setting in DECLARED}
_PAGE: Final = "Settings > Plugins > PlexSync in Stash"
_SHOWN: Final = 40  # characters of a wrong value that a report repeats


class PlexSyncConfig(Settings):
    """All settings, valid, with the values derived from them.

    Build it with :func:`validate_config`, which never fails; the constructor raises pydantic's
    ValidationError.
    """

    @property
    def enabled(self) -> bool:
        """May anything be written to Plex?"""
        return not self.paused

    @property
    def strict_matching(self) -> bool:
        """Is an uncertain match left to the user?"""
        return not self.allow_ambiguous

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names of the Plex libraries to sync; empty = every movie and show library."""
        return _names(self.plex_library)

    @property
    def path_rules(self) -> PathRules:
        """The rules that turn a path of Stash into paths of Plex."""
        return _path_rules(self.path_map)[0]

    @property
    def included_tags(self) -> frozenset[str]:
        """Keys (``name_key``) of the tags of which a scene must have one; empty = any scene."""
        return _keys(self.include_tags)

    @property
    def excluded_tags(self) -> frozenset[str]:
        """Keys of the tags of which a scene must have none."""
        return _keys(self.exclude_tags)

    @property
    def included_studios(self) -> frozenset[str]:
        """Keys of the studios of which a scene's studio or its parents must be one."""
        return _keys(self.include_studios)

    @property
    def excluded_studios(self) -> frozenset[str]:
        """Keys of the studios of which a scene's studio and its parents must be none."""
        return _keys(self.exclude_studios)

    @property
    def excluded_paths(self) -> PathGlobs:
        """The globs of which one must match every file of a scene to leave it out."""
        return parse_globs(self.exclude_paths)

    @property
    def template(self) -> Template | None:
        """The template of titles; ``None`` = none, or a wrong one: the plain title is used."""
        parsed = parse_template(self.title_template) if self.title_template else None
        return parsed if isinstance(parsed, Template) else None

    @property
    def collected_tags(self) -> frozenset[str]:
        """Keys of the tags that become collections and not genres."""
        return _keys(self.collect_tags)

    @property
    def labelled_tags(self) -> frozenset[str]:
        """Keys of the tags that become labels and not genres."""
        return _keys(self.label_tags)

    @property
    def fixed_labels(self) -> tuple[str, ...]:
        """The labels of every synced item."""
        return _names(self.labels)

    @property
    def prefixes(self) -> Prefixes:
        """The prefixes of the collections' names."""
        return parse_prefixes(self.collection_prefix)

    @property
    def skipped_fields(self) -> frozenset[str]:
        """The fields of Plex, and the slots of images, that are left alone."""
        return parse_fields(self.skip_fields).in_plex


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """Usable settings, and the problems of the given ones.

    Attributes:
        config: the settings, with defaults in place of unusable values.
        problems: one sentence for each unusable value.
        setup_problem: a sentence about the setting that Plex cannot be reached without, "" = none
            missing.
        by_name: a short sentence for each setting that is wrong, or wrong in a part, to be read
            beside it.
        names_plex: address or token are given, well or badly: no sign-in takes their place.
    """

    config: PlexSyncConfig
    problems: tuple[str, ...]
    setup_problem: str
    by_name: Mapping[str, str] = field(default_factory=dict)
    names_plex: bool = False


def validate_config(raw: Mapping[str, object], env: Mapping[str, str]) -> ConfigReport:
    """Read the settings stored in Stash (*raw*), filled up from the environment *env*.

    Nothing raises: a bad setting is reported and its default is used. A bad ``plex_url`` or
    ``plex_token`` is the ``setup_problem`` instead. Unknown names are ignored, such as those of
    the older plugin with the same id.
    """
    values = dict(raw)
    for name, variable in ENVIRONMENT.items():
        if is_blank(values.get(name)) and not is_blank(env.get(variable)):
            values[name] = env[variable]
    named = any(not is_blank(values.get(name)) for name in _CONNECTION)
    try:
        return replace(_report(PlexSyncConfig.model_validate(values), {}, {}), names_plex=named)
    except ValidationError as error:
        faults = {str(fault["loc"][0]): fault for fault in error.errors(include_url=False)}
    sentences = {name: _sentence(name, dict(fault), raw) for name, fault in faults.items()}
    brief = {
        name: f"It must {_expected(_DECLARED[name], fault)}." for name, fault in faults.items()
    }
    usable = {
        name: value for name, value in values.items() if OPPOSITES.get(name, name) not in faults
    }
    report = _report(PlexSyncConfig.model_validate(usable), sentences, brief)
    return replace(report, names_plex=named)


def fingerprint(config: PlexSyncConfig) -> str:
    """Return a short text that changes when a setting changes what is matched or written."""
    shape = [(name, getattr(config, name)) for name in _SHAPING]
    return hashlib.sha256(repr(shape).encode()).hexdigest()[:12]


def _report(
    config: PlexSyncConfig, sentences: Mapping[str, str], brief: Mapping[str, str]
) -> ConfigReport:
    """Add what is wrong inside of lists. The rest of such a list is used."""
    problems = (text for name, text in sentences.items() if name not in _CONNECTION)
    connection = (sentences[name] for name in _CONNECTION if name in sentences)
    inner = (
        ("path_map", _path_rules(config.path_map)[1]),
        ("exclude_paths", config.excluded_paths.problems),
        ("title_template", _template_problems(config.title_template)),
        ("collection_prefix", config.prefixes.problems),
        ("skip_fields", _given(parse_fields(config.skip_fields).problem)),
    )
    # The typed value is quoted on one line.
    lines = [(name, sanitize_for_plex(problem)) for name, found in inner for problem in found]
    setup_problem = next(connection, "") or missing_setting(config)
    said = (*problems, *(f"{_label(name)}: {line}" for name, line in lines))
    return ConfigReport(config, said, setup_problem, {**dict(reversed(lines)), **brief})


def _template_problems(text: str) -> tuple[str, ...]:
    parsed = parse_template(text) if text else None
    return (f"{parsed} The plain title is used.",) if isinstance(parsed, Mistake) else ()


def _given(problem: str) -> tuple[str, ...]:
    return (problem,) if problem else ()


def missing_setting(config: PlexSyncConfig) -> str:
    """Return what must be entered before Plex can be reached, "" = nothing."""
    if not config.plex_url and not config.plex_token.get_secret_value():
        return (
            "The Plex address is not set; sign in with Plex, or enter address and token (plex_url,"
            f" plex_token) under {_PAGE}."
        )
    if not config.plex_url:
        return f"The Plex address is not set; enter it (plex_url) under {_PAGE}."
    if not config.plex_token.get_secret_value():
        return f"The Plex token is not set; enter it (plex_token) under {_PAGE}."
    return ""


def _label(name: str) -> str:
    """Name a setting as the page shows it and as the documents call it."""
    setting = _DECLARED[name]
    return f"{setting.display!r} ({name})" if setting.on_page else name


def _sentence(name: str, fault: Mapping[str, Any], raw: Mapping[str, object]) -> str:
    """Name the given value (never a secret), the value used instead, and where to change it."""
    setting = _DECLARED[name]
    given = fault["input"]
    if name in ENVIRONMENT:  # secrets, and addresses that may hold one
        shown = describe_secret(str(given))
    else:
        shown = repr(given[:_SHOWN] if isinstance(given, str) else given)[: 2 * _SHOWN]
    if name in _CONNECTION:
        used = "everything waits"
    elif setting.kind == "STRING":
        used = "it is taken as empty"
    else:
        used = f"{_word(setting.default)} is used"
    if name in ENVIRONMENT and is_blank(raw.get(name)):
        where = f"in the environment variable {ENVIRONMENT[name]}"
    else:
        where = f"under {_PAGE}" if setting.on_page else "where it was set"
    expected = _expected(setting, fault)
    return f"{_label(name)} is {shown}, but must {expected}; {used}. Correct it {where}."


def _expected(setting: Setting, fault: Mapping[str, Any]) -> str:
    """Complete the sentence "<setting> must ..."."""
    if setting.kind == "BOOLEAN":
        return "be on or off (true or false)"
    if setting.kind == "NUMBER":
        whole = "" if isinstance(setting.default, float) else "whole "
        upto = "" if setting.maximum is None else f" to {setting.maximum}"
        return f"be a {whole}number from {setting.minimum}{upto}"
    return str(fault.get("ctx", {}).get("error", "be text"))


def _word(default: str | float | bool) -> str:
    return ("on" if default else "off") if isinstance(default, bool) else str(default)


@lru_cache(maxsize=32)
def _names(text: str) -> tuple[str, ...]:
    """Split names at ``;``, cleaned as a scene's names are, so that they compare equal."""
    return sanitize_names(text.split(";"))


@lru_cache(maxsize=32)
def _keys(text: str) -> frozenset[str]:
    return frozenset(map(name_key, _names(text)))


@lru_cache(maxsize=8)
def _path_rules(text: str) -> tuple[PathRules, tuple[str, ...]]:
    return PathRules.parse(text)
