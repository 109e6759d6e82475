"""Fields that are more than an attribute of a record: URLs, counts, relations turned around."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLResolveInfo

from simulators.stash.records import Group, Scene, Studio, Tag, VideoFile, epoch
from simulators.stash.state import Call

Resolver = Callable[..., Any]
Info = GraphQLResolveInfo[Call]


def constant(value: object) -> Resolver:
    """A field that this library has nothing for."""
    return lambda _source, _info, **_args: value


def constants(value: object, names: str) -> dict[str, Resolver]:
    return dict.fromkeys(names.split(), constant(value))


def from_source(function: Callable[[Any], Any]) -> Resolver:
    return lambda source, _info, **_args: function(source)


def image_url(room: str, name: str, has_image: Callable[[Any], bool]) -> Resolver:
    """``…/performer/1/image?t=<updated_at>``, with ``default=true`` where there is no image."""

    def resolve(source: Any, info: Info, **_: Any) -> str:
        url = f"{info.context.base_url}/{room}/{source.id}/{name}?t={epoch(source.updated_at)}"
        return url if has_image(source) else f"{url}&default=true"

    return resolve


def _has_image(source: Any) -> bool:
    return bool(source.image)


def _back_image(group: Group, info: Info) -> str | None:
    if not group.back_image:
        return None
    return f"{info.context.base_url}/group/{group.id}/backimage?t={epoch(group.updated_at)}"


def _scene_paths(scene: Scene, info: Info) -> dict[str, str]:
    call = info.context
    base = f"{call.base_url}/scene/{scene.id}"
    key = call.stash.sessions.api_key
    oshash = (scene.files[0].fingerprint_of("oshash") if scene.files else None) or ""
    return {
        "screenshot": f"{base}/screenshot?t={epoch(scene.updated_at)}",
        "preview": f"{base}/preview",
        "stream": f"{base}/stream" + (f"?apikey={key}" if key else ""),
        "webp": f"{base}/webp",
        "vtt": f"{call.base_url}/scene/{oshash}_thumbs.vtt",
        "sprite": f"{call.base_url}/scene/{oshash}_sprite.jpg",
        "funscript": f"{base}/funscript",
        "interactive_heatmap": f"{base}/interactive_heatmap",
        "caption": f"{base}/caption",
    }


def _last_played(scene: Scene) -> str | None:
    return max(scene.play_history, default=None)


def _movies(scene: Scene) -> list[dict[str, Any]]:
    return [{"movie": link.group, "scene_index": link.scene_index} for link in scene.groups]


def _first_url(source: Any) -> str | None:
    return source.urls[0] if source.urls else None


def scenes_with(related: Callable[[Scene], Iterable[object]]) -> Resolver:
    """All scenes that hold the source among their related records."""

    def resolve(source: object, info: Info, **_: Any) -> list[Scene]:
        scenes = list(info.context.stash.library.scenes.values())
        return [scene for scene in scenes if source in related(scene)]

    return resolve


def count_of(resolver: Resolver) -> Resolver:
    return lambda source, info, **args: len(resolver(source, info, **args))


def _groups_of(scene: Scene) -> list[Group]:
    return [link.group for link in scene.groups]


_of_performer = scenes_with(lambda scene: scene.performers)
_of_studio = scenes_with(lambda scene: (scene.studio,))
_of_tag = scenes_with(lambda scene: scene.tags)
_of_group = scenes_with(_groups_of)


def _child_studios(studio: Studio, info: Info) -> list[Studio]:
    studios = list(info.context.stash.library.studios.values())
    return [other for other in studios if other.parent_studio is studio]


def _child_tags(tag: Tag, info: Info) -> list[Tag]:
    return [
        other for other in list(info.context.stash.library.tags.values()) if tag in other.parents
    ]


def _folder(file: VideoFile) -> dict[str, Any]:
    fields: dict[str, Any] = dict.fromkeys(("parent_folder_id", "zip_file_id"))
    fields |= {"parent_folder": None, "zip_file": None, "id": 1, "path": file.folder}
    return fields | {
        "mod_time": file.mod_time,
        "created_at": file.created_at,
        "updated_at": file.updated_at,
    }


_SCENE: dict[str, Resolver] = {
    "paths": _scene_paths,
    "url": from_source(_first_url),
    "o_counter": from_source(lambda scene: len(scene.o_history)),
    "play_count": from_source(lambda scene: len(scene.play_history)),
    "last_played_at": from_source(_last_played),
    "movies": from_source(_movies),
    **constants(False, "interactive"),
    **constants(None, "interactive_speed captions"),
    **constants((), "scene_markers galleries sceneStreams"),
}

_FILE: dict[str, Resolver] = {
    "fingerprint": lambda file, _info, type: file.fingerprint_of(type),
    "parent_folder": from_source(_folder),
    **constants(1, "parent_folder_id"),
    **constants(None, "zip_file zip_file_id"),
}

_PERFORMER: dict[str, Resolver] = {
    "image_path": image_url("performer", "image", _has_image),
    "url": from_source(_first_url),
    "scenes": _of_performer,
    "scene_count": count_of(_of_performer),
    **constants((), "groups movies"),
    **constants(0, "image_count gallery_count group_count movie_count performer_count o_counter"),
    **constants(
        "", "ethnicity eye_color measurements fake_tits career_length tattoos piercings hair_color"
    ),
    **constants(None, "twitter instagram height_cm penis_length circumcised weight"),
}

_STUDIO: dict[str, Resolver] = {
    "image_path": image_url("studio", "image", _has_image),
    "url": from_source(_first_url),
    "child_studios": _child_studios,
    "scene_count": count_of(_of_studio),
    **constants((), "groups movies"),
    **constants(0, "image_count gallery_count performer_count group_count movie_count o_counter"),
}

_TAG: dict[str, Resolver] = {
    "image_path": image_url("tag", "image", _has_image),
    "children": _child_tags,
    "child_count": count_of(_child_tags),
    "parent_count": from_source(lambda tag: len(tag.parents)),
    "scene_count": count_of(_of_tag),
    **constants(0, "scene_marker_count image_count gallery_count performer_count studio_count"),
    **constants(0, "group_count movie_count"),
}

_GROUP: dict[str, Resolver] = {
    "front_image_path": image_url("group", "frontimage", _has_image),
    "back_image_path": _back_image,
    "scenes": _of_group,
    "scene_count": count_of(_of_group),
    **constants((), "containing_groups sub_groups"),
    **constants(0, "performer_count sub_group_count o_counter"),
}

RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Scene": _SCENE,
    "VideoFile": _FILE,
    "Performer": _PERFORMER,
    "Studio": _STUDIO,
    "Tag": _TAG,
    "Group": _GROUP,
}
