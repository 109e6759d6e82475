"""The kinds of settings: how a value typed by a user or sent by Stash is read.

Stash's settings page stores "" for a cleared text and 0 for a cleared number and cannot show
defaults, so both mean "use the default". Task arguments and the environment send text only.
Messages raised here complete the sentence "<setting> must ..." and never repeat the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from annotated_types import Ge, Le
from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUseDefault

from validation.numbers import LARGEST
from validation.sanitizers import LINE_LIMIT, sanitize_for_plex

Kind = Literal["STRING", "NUMBER", "BOOLEAN"]

# A hundred path rules have less.
_LONGEST_TEXT = 20_000
_HEADER_SAFE = re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as Stash's page, the documents and reports name it.

    ``minimum`` and ``maximum`` bound a NUMBER; ``None`` = no bound. ``on_page`` is False for a
    setting that only a shell can set.
    """

    name: str
    kind: Kind
    display: str
    description: str
    default: str | float | bool
    minimum: float | None
    maximum: float | None
    on_page: bool


def is_blank(value: object) -> bool:
    """Was nothing given: no value at all, or text of spaces?"""
    return value is None or (isinstance(value, str) and not value.strip())


def declared_settings(model: type[BaseModel]) -> tuple[Setting, ...]:
    """Read the settings from *model*'s fields, in order. Those with a title are on the page."""
    return tuple(_setting(name, field) for name, field in model.model_fields.items())


def shown_value(value: object) -> object:
    """Return a setting's value for users; of a secret only whether it is set."""
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "not set"
    return value


def describe_secret(value: SecretStr | str) -> str:
    """Describe a secret: whether it is set and how long it is. Nothing else of it may be shown."""
    count = len(value) if isinstance(value, str) else len(value.get_secret_value())
    return f"set, {count} characters" if count else "not set"


def server_url(text: str) -> str:
    """Normalise a server's address: ``http://`` when no scheme is given, no ``/`` at the end.

    Without a scheme plain HTTP is meant, which is what ``192.168.1.10:32400`` answers. A path
    stays, for servers behind a reverse proxy. Raises ValueError for any other text; a name,
    password or token in it is refused because addresses are shown and logged.
    """
    if not text:
        return text
    url = text if "://" in text else f"http://{text}"
    if re.search(r"[\s\x00-\x1f\\]", url) or not url.lower().startswith(("http://", "https://")):
        raise ValueError("be an address that starts with http:// or https://")
    if "?" in url or "#" in url:
        raise ValueError("be an address that ends before any ? or #")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and not parts.netloc.endswith(":")
    except ValueError:  # its message repeats the address
        usable = False
    if "@" in url:
        raise ValueError("be an address without a name or password in it")
    if not usable:
        raise ValueError("be an address like http://192.168.1.10:32400")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _setting(name: str, field: FieldInfo) -> Setting:
    kinds: dict[Any, Kind] = {bool: "BOOLEAN", int: "NUMBER", float: "NUMBER"}
    default = field.default
    minimum = maximum = None
    for bound in field.metadata:
        match bound:
            case Ge(ge=int() | float() as limit):
                minimum = limit
            case Le(le=int() | float() as limit):
                maximum = limit
    return Setting(
        name=name,
        kind=kinds.get(field.annotation, "STRING"),
        display=field.title or name,
        description=field.description or "",
        default=default.get_secret_value() if isinstance(default, SecretStr) else default,
        minimum=minimum,
        maximum=maximum,
        on_page=field.title is not None,
    )


def _read_text(value: object) -> str:
    if value is None:
        raise PydanticUseDefault
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("be text")
    text = str(value).strip()
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"have at most {_LONGEST_TEXT:,} characters")
    return text


def _read_typed(value: object) -> object:
    """Text of which the blanks at both ends count."""
    text = _read_text(value)
    return value if text and isinstance(value, str) else text


def _one_line(text: str) -> str:
    return sanitize_for_plex(text, max_length=LINE_LIMIT)


def _read_switch(value: object) -> object:
    if is_blank(value):
        raise PydanticUseDefault
    return value.strip() if isinstance(value, str) else value


def _read_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("be a number")
    if is_blank(value) or value == 0 or str(value).strip() == "0":
        raise PydanticUseDefault
    if not -LARGEST <= float(str(value)) <= LARGEST:  # NaN too
        raise ValueError("be a number")
    return value


def _check_secret(secret: SecretStr) -> SecretStr:
    """Refuse what no HTTP header can carry."""
    if not _HEADER_SAFE.fullmatch(secret.get_secret_value()):
        raise ValueError("have no spaces, line breaks or letters outside ASCII in it")
    return secret


Text = Annotated[str, BeforeValidator(_read_text)]
Typed = Annotated[str, BeforeValidator(_read_typed)]
Line = Annotated[str, AfterValidator(_one_line), BeforeValidator(_read_text)]
ServerUrl = Annotated[str, AfterValidator(server_url), BeforeValidator(_read_text)]
Secret = Annotated[SecretStr, AfterValidator(_check_secret), BeforeValidator(_read_text)]
Switch = Annotated[bool, BeforeValidator(_read_switch)]
Count = Annotated[int, BeforeValidator(_read_number)]
Seconds = Annotated[float, BeforeValidator(_read_number)]
