"""The settings: each declared once, here, with its name, default, range and explanation.

``make settings`` writes them from here into PlexSync.yml (Stash's page) and docs/config.md.
``validation.config`` gives them their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from validation.setting_types import (
    Count,
    Line,
    Seconds,
    Secret,
    ServerUrl,
    Switch,
    Text,
    Typed,
    declared_settings,
    is_blank,
)

# Names for the opposite of a setting; the setting itself wins when both are given.
OPPOSITES: Final[Mapping[str, str]] = {"enabled": "paused", "strict_matching": "allow_ambiguous"}
_SWITCH: Final[TypeAdapter[bool]] = TypeAdapter(Switch)


class Settings(BaseModel):
    """Every setting. Those with a title are on Stash's page; the others come from a shell only.

    Times are in seconds. Unknown names are ignored; ``enabled`` and ``strict_matching`` are
    accepted as the opposites of ``paused`` and ``allow_ambiguous``.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    plex_url: ServerUrl = Field(
        default="",
        title="Plex address",
        description="Address of the Plex server as this Stash reaches it, such as"
        " http://192.168.1.10:32400.",
    )
    plex_token: Secret = Field(
        default=SecretStr(""),
        title="Plex token",
        description="X-Plex-Token of the account that owns the Plex server. Every user of"
        " this Stash can read it.",
    )
    plex_library: Text = Field(
        default="",
        title="Plex libraries",
        description="Plex libraries to sync, separated by semicolons. Empty = all movie"
        " and show libraries.",
    )
    path_map: Text = Field(
        default="",
        title="Path rules",
        description="Stash path => Plex path, separated by semicolons, such as /data =>"
        " /media. Empty = same paths.",
    )
    paused: Switch = Field(
        default=False,
        title="Pause",
        description="Store edits, but change nothing in Plex until this is off.",
    )
    preserve_plex_edits: Switch = Field(
        default=False,
        title="Keep edits made in Plex",
        description="Keep values that a user changed in Plex. Off = the value in Stash wins.",
    )
    allow_ambiguous: Switch = Field(
        default=False,
        title="Write uncertain matches",
        description="Write to the best match even if it is uncertain, but never if two"
        " match equally well.",
    )
    only_organized: Switch = Field(
        default=False,
        title="Only organized scenes",
        description="Sync only scenes that are marked as organized.",
    )
    include_tags: Text = Field(
        default="",
        title="Only scenes with these tags",
        description="Sync only scenes with one of these tags, separated by semicolons."
        " Empty = all scenes.",
    )
    exclude_tags: Text = Field(
        default="",
        title="Exclude scenes with these tags",
        description="Do not sync scenes with one of these tags, separated by semicolons.",
    )
    include_studios: Text = Field(
        default="",
        title="Only scenes of these studios",
        description="Sync only scenes of these studios and their sub-studios, separated by"
        " semicolons. Empty = all.",
    )
    exclude_studios: Text = Field(
        default="",
        title="Exclude scenes of these studios",
        description="Do not sync scenes of these studios and their sub-studios, separated"
        " by semicolons.",
    )
    exclude_paths: Text = Field(
        default="",
        title="Exclude scenes in these paths",
        description="Do not sync scenes whose files all lie in these Stash paths, such as"
        " /data/new; */trailers.",
    )
    only_with_stash_id: Switch = Field(
        default=False,
        title="Only scenes with a Stash ID",
        description="Sync only scenes with a Stash ID, that is, identified with a stash-box"
        " such as StashDB.",
    )
    only_with_url: Switch = Field(
        default=False,
        title="Only scenes with a URL",
        description="Sync only scenes with a URL. One that begins with plex/ does not count.",
    )
    title_template: Text = Field(
        default="",
        title="Title template",
        description="Title in Plex, such as [{studio} – ]{title}[ ({year})]. Empty = the"
        " scene's title.",
    )
    content_rating: Line = Field(
        default="",
        title="Content rating",
        description="Content rating, such as XXX, for items without one of their own. Empty ="
        " none.",
    )
    skip_fields: Text = Field(
        default="",
        title="Skip fields",
        description="Fields to leave alone in Plex, separated by semicolons, such as details;"
        " date.",
    )
    sync_background: Switch = Field(
        default=False,
        title="Cover as background",
        description="Use the cover as the background art in Plex too.",
    )
    sync_groups: Switch = Field(
        default=False,
        title="Groups as collections",
        description="Add items to a Plex collection for each group of the scene.",
    )
    sync_code: Switch = Field(
        default=False,
        title="Studio code as tagline",
        description="Write the scene's studio code to the tagline in Plex.",
    )
    skip_rating: Switch = Field(
        default=False,
        title="Skip ratings",
        description="Do not change star ratings in Plex.",
    )
    skip_posters: Switch = Field(
        default=False,
        title="Skip posters",
        description="Do not change posters and background art in Plex.",
    )
    skip_studio_collections: Switch = Field(
        default=False,
        title="Skip studio collections",
        description="Do not add items to a Plex collection named after the studio.",
    )
    collect_parent_studios: Switch = Field(
        default=False,
        title="Parent studios as collections",
        description="Add items to a Plex collection for each parent of the studio.",
    )
    collect_performers: Switch = Field(
        default=False,
        title="Performers as collections",
        description="Add items to a Plex collection for each performer.",
    )
    collect_tags: Text = Field(
        default="",
        title="Tags as collections",
        description="Tags that become collections and not genres, separated by semicolons,"
        " such as Series; VR.",
    )
    collection_prefix: Typed = Field(
        default="",
        title="Collection prefixes",
        description="Text before the names of collections, by kind, such as studio=Studio: ;"
        " performer=Star: ;.",
    )
    label_tags: Text = Field(
        default="",
        title="Tags as labels",
        description="Tags that become labels and not genres, separated by semicolons, such as"
        " VR; Favorite.",
    )
    labels: Text = Field(
        default="",
        title="Labels",
        description="Labels for every synced item, separated by semicolons, such as Stash; Adult.",
    )
    performer_tags: Switch = Field(
        default=False,
        title="Tags of performers",
        description="Treat the tags of a scene's performers as tags of the scene, after its own.",
    )
    leave_unlocked: Switch = Field(
        default=False,
        title="Leave fields unlocked",
        description="Do not lock written fields. A metadata refresh in Plex may then"
        " overwrite them.",
    )
    ask_plex_to_scan: Switch = Field(
        default=False,
        title="Ask Plex to scan",
        description="Ask Plex to scan folders with new files. Plex may drop the items of"
        " an unmounted folder.",
    )
    insecure_tls: Switch = Field(
        default=False,
        title="Accept any Plex certificate",
        description="For self-signed certificates. An attacker between Stash and Plex can"
        " then read the token.",
    )
    stash_api_key: Secret = Field(
        default=SecretStr(""),
        title="Stash API key",
        description="Lets syncing continue after your Stash session ends. Empty = the key"
        " in Stash's settings, if any.",
    )
    max_tags: Count = Field(
        default=0,
        ge=0,
        title="Maximum genres",
        description="How many tags of a scene become genres in Plex. 0 = all.",
    )
    max_retries: Count = Field(
        default=5,
        ge=1,
        le=20,
        title="Maximum attempts",
        description="Attempts before a failing scene becomes a dead letter, 1 to 20. 0 ="
        " default (5).",
    )
    connect_timeout: Count = Field(
        default=5,
        ge=1,
        le=30,
        title="Connect timeout",
        description="Seconds to wait for a connection to Plex or Stash, 1 to 30. 0 = default (5).",
    )
    read_timeout: Count = Field(
        default=30,
        ge=5,
        le=120,
        title="Read timeout",
        description="Seconds to wait for a reply from Plex or Stash, 5 to 120. 0 = default (30).",
    )
    dlq_retention_days: Count = Field(
        default=30,
        ge=1,
        le=365,
        title="Keep dead letters (days)",
        description="Days until a dead letter is deleted, 1 to 365. 0 = default (30).",
    )
    debug_logging: Switch = Field(
        default=False,
        title="Detailed log",
        description="Log every step, including titles and paths of scenes.",
    )
    plays_from_plex: Switch = Field(
        default=False,
        title="Plays from Plex",
        description="Add the Plex owner's views to the play history in Stash. The first check"
        " only shows them.",
    )
    ratings_from_plex: Switch = Field(
        default=False,
        title="Ratings from Plex",
        description="Copy a user's star rating from Plex to a scene that has no rating, once.",
    )
    poll_interval: Seconds = Field(
        default=0.25,
        ge=0.1,
        le=60,
        description="Seconds between two checks of the queue.",
    )
    stash_url: ServerUrl = Field(
        default="", description="Stash's address until a hook or task provides it."
    )

    @model_validator(mode="before")
    @classmethod
    def _turn_opposites(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Store ``enabled`` and ``strict_matching`` as the settings they are opposites of."""
        turned = {name: value for name, value in values.items() if name not in OPPOSITES}
        for opposite, name in OPPOSITES.items():
            value = values.get(opposite)
            if is_blank(value) or not is_blank(values.get(name)):
                continue
            try:
                turned[name] = not _SWITCH.validate_python(value)
            except ValidationError:
                turned[name] = value  # reported as what is wrong with the setting
        return turned


# The groups of our page, in its order.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Plex": ("plex_url", "plex_token", "plex_library", "path_map", "insecure_tls", "paused"),
    "What is synced": (
        *("title_template", "sync_code", "content_rating", "performer_tags", "max_tags"),
        *("sync_background", "skip_rating", "skip_posters", "skip_fields", "leave_unlocked"),
    ),
    "Collections and labels": (
        *("skip_studio_collections", "collect_parent_studios", "sync_groups"),
        *("collect_performers", "collect_tags", "collection_prefix", "label_tags", "labels"),
    ),
    "Which scenes": (
        *("only_organized", "only_with_stash_id", "only_with_url", "include_tags", "exclude_tags"),
        *("include_studios", "exclude_studios", "exclude_paths"),
    ),
    "From Plex": ("plays_from_plex", "ratings_from_plex"),
    "Conflicts": ("preserve_plex_edits", "allow_ambiguous", "ask_plex_to_scan"),
    "Limits": (
        *("max_retries", "connect_timeout", "read_timeout", "dlq_retention_days"),
        *("stash_api_key", "debug_logging"),
    ),
}

# Every setting in the order of its declaration, and those of Stash's page.
DECLARED: Final = declared_settings(Settings)
SETTINGS: Final = tuple(setting for setting in DECLARED if setting.on_page)
