"""The settings: each declared once, here, with its name, default, range and explanation.

Stash's page (PlexSync.yml) and the table in the documents are compared with this model by tests.
What the settings mean is in ``validation.config``.
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
    Seconds,
    Secret,
    ServerUrl,
    Switch,
    Text,
    declared_settings,
    is_blank,
)

# Names that say the opposite of a setting; the setting itself wins when both are given.
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
        description="Address of the Plex server as Stash's machine reaches it, for example"
        " http://192.168.1.10:32400. In Docker, localhost is the container itself.",
    )
    plex_token: Secret = Field(
        default=SecretStr(""),
        title="Plex token",
        description="X-Plex-Token of the account that owns the Plex server. Stash keeps it"
        " readable for everybody who can log in to Stash.",
    )
    plex_library: Text = Field(
        default="",
        title="Plex libraries",
        description="Names of the Plex libraries to sync, separated by semicolons."
        " Empty: every movie and show library.",
    )
    path_map: Text = Field(
        default="",
        title="Path rules",
        description="Where Plex sees the files of Stash, as rules separated by semicolons."
        " Empty: both see the same paths. Example: /data => /media/videos; /old => D:\\Old",
    )
    paused: Switch = Field(
        default=False,
        title="Pause",
        description="Collect edits, but change nothing in Plex until this is off again.",
    )
    preserve_plex_edits: Switch = Field(
        default=False,
        title="Keep edits made in Plex",
        description="What a person changed in Plex stays. Off: the value in Stash wins.",
    )
    allow_ambiguous: Switch = Field(
        default=False,
        title="Write uncertain matches",
        description="Write the best match even when it is uncertain, but never one of two equals."
        " Off: uncertain matches are listed for you.",
    )
    only_organized: Switch = Field(
        default=False,
        title="Only organized scenes",
        description="Sync only scenes marked as organized.",
    )
    include_tags: Text = Field(
        default="",
        title="Only scenes with these tags",
        description="Sync only scenes that have one of these tags, separated by semicolons."
        " Empty: all scenes.",
    )
    exclude_tags: Text = Field(
        default="",
        title="No scenes with these tags",
        description="Leave out scenes that have one of these tags, separated by semicolons."
        " Their Plex items stay as they are.",
    )
    include_studios: Text = Field(
        default="",
        title="Only scenes of these studios",
        description="Sync only scenes of these studios and their sub-studios, separated by"
        " semicolons. Empty: all scenes.",
    )
    exclude_studios: Text = Field(
        default="",
        title="No scenes of these studios",
        description="Leave out scenes of these studios and their sub-studios, separated by"
        " semicolons. Their Plex items stay as they are.",
    )
    exclude_paths: Text = Field(
        default="",
        title="No scenes on these paths",
        description="Leave out scenes whose files all lie on these paths of Stash, separated by"
        " semicolons; * stands for anything, ? for one character. Example: /data/new; */trailers",
    )
    sync_background: Switch = Field(
        default=False,
        title="Cover as background",
        description="Make the cover Plex's background art too.",
    )
    sync_groups: Switch = Field(
        default=False,
        title="Groups as collections",
        description="Put items into a Plex collection for each group of the scene.",
    )
    sync_code: Switch = Field(
        default=False,
        title="Studio code as tagline",
        description="Write the scene's studio code into Plex's tagline.",
    )
    skip_rating: Switch = Field(
        default=False,
        title="No ratings",
        description="Leave the star rating in Plex alone.",
    )
    skip_posters: Switch = Field(
        default=False,
        title="No posters",
        description="Leave poster and background art in Plex alone.",
    )
    skip_studio_collections: Switch = Field(
        default=False,
        title="No studio collections",
        description="Do not put items into a Plex collection named after the studio.",
    )
    leave_unlocked: Switch = Field(
        default=False,
        title="Leave fields unlocked",
        description="Do not lock what is written. A metadata refresh in Plex may then undo it.",
    )
    ask_plex_to_scan: Switch = Field(
        default=False,
        title="Ask Plex to scan",
        description="Ask Plex to scan the folder of a file it does not know yet. If the folder is"
        " not mounted at that moment, Plex may drop the items in it.",
    )
    insecure_tls: Switch = Field(
        default=False,
        title="Accept any certificate of Plex",
        description="For a Plex server with a self-signed certificate. Whoever can stand between"
        " Stash and Plex can then read the token.",
    )
    stash_api_key: Secret = Field(
        default=SecretStr(""),
        title="Stash API key",
        description="Lets syncing go on after your Stash session has ended. Empty: the API key of"
        " Stash's own settings is used when there is one.",
    )
    max_tags: Count = Field(
        default=0,
        ge=0,
        title="Most genres",
        description="How many tags of a scene become genres in Plex. 0: all of them.",
    )
    max_retries: Count = Field(
        default=5,
        ge=1,
        le=20,
        title="Tries",
        description="How often a scene that fails is tried before it is set aside, 1 to 20. 0: 5.",
    )
    connect_timeout: Count = Field(
        default=5,
        ge=1,
        le=30,
        title="Connect timeout",
        description="Seconds to wait for a connection to Plex or Stash, 1 to 30. 0: 5.",
    )
    read_timeout: Count = Field(
        default=30,
        ge=5,
        le=120,
        title="Read timeout",
        description="Seconds to wait for an answer of Plex or Stash, 5 to 120. 0: 30.",
    )
    dlq_retention_days: Count = Field(
        default=30,
        ge=1,
        le=365,
        title="Days to keep failed scenes",
        description="After how many days a failed scene leaves the list, 1 to 365. 0: 30.",
    )
    debug_logging: Switch = Field(
        default=False,
        title="Detailed log",
        description="Log every step, with the titles and paths of scenes.",
    )
    poll_interval: Seconds = Field(
        default=0.25,
        ge=0.1,
        le=60,
        description="Seconds between two looks at the queue.",
    )
    stash_url: ServerUrl = Field(
        default="", description="Stash's address when no hook or task tells it."
    )
    connection_problem: str = Field(
        default="", description="Why a given plex_url or token is unusable."
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


# Every setting in the order of its declaration, and those of Stash's page.
DECLARED: Final = declared_settings(Settings)
SETTINGS: Final = tuple(setting for setting in DECLARED if setting.on_page)
