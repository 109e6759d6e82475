// The tables of the page: outcomes, settings, fields, tasks, plurals. sentences.js has the rest.
(function (root) {
  "use strict";
  const page = (root.PlexSyncPage = root.PlexSyncPage || {});

  // One row for each outcome, in the order in which the page lists them. `meaning` is the sentence
  // of validation/reasons.py; `needs` marks the outcomes that only the user can end.
  const reasons = {
    synced: {
      name: "In step",
      level: "success",
      meaning: "Plex shows what Stash has.",
      todo: "Nothing to do.",
    },
    ambiguous: {
      name: "Several matches",
      level: "warning",
      needs: true,
      meaning: "Several Plex items match the scene, or the best match is uncertain.",
      todo: "Choose the right item, or ignore the scene.",
    },
    item_taken: {
      name: "Item taken",
      level: "warning",
      needs: true,
      meaning: "The Plex item already belongs to another scene.",
      todo: "Choose the item for one of the two scenes.",
    },
    image_unusable: {
      name: "Cover unusable",
      level: "warning",
      needs: true,
      meaning: "Plex cannot take the cover: it is damaged, or of a type such as AVIF or HEIC.",
      todo: "Save the cover in Stash as JPEG or PNG, or install Pillow, which converts others.",
    },
    image_too_big: {
      name: "Cover too big",
      level: "warning",
      needs: true,
      meaning: "The cover is larger than the 10 MB that Plex accepts.",
      todo: "Save a smaller cover in Stash, or install Pillow, which scales it.",
    },
    too_many_removals: {
      name: "Too many removals",
      level: "warning",
      needs: true,
      meaning: "The run stopped before it removed values from too many items.",
      todo: "To allow the removals, run Sync All Scenes or Retry Failed.",
    },
    plex_kept_other_value: {
      name: "Plex kept another value",
      level: "warning",
      needs: true,
      meaning: "Plex shows another value than PlexSync sent.",
      todo: "Check the item in Plex: another tool may write to it.",
    },
    refused_by_plex: {
      name: "Refused by Plex",
      level: "danger",
      meaning: "Plex refused the edit.",
      todo: "Read the dead letter, then try again.",
    },
    invalid: {
      name: "Invalid data",
      level: "danger",
      meaning: "The scene has data that Plex cannot store.",
      todo: "Correct the fields that the dead letter names, and save the scene.",
    },
    waiting_for_plex: {
      name: "Waits for Plex",
      level: "primary",
      meaning: "Plex does not answer.",
      todo: "Check that Plex runs and that this machine reaches its address.",
    },
    waiting_for_stash: {
      name: "Waits for Stash",
      level: "primary",
      meaning: "Stash does not answer, or its session has expired.",
      todo: "Save a scene in Stash, or run one of its tasks.",
    },
    paused: {
      name: "Paused",
      level: "primary",
      meaning: "The setting Pause is on.",
      todo: "Resume on the Overview.",
    },
    setup: {
      name: "Set-up",
      level: "primary",
      meaning: "A setting, token or login is missing or wrong.",
      todo: "Correct it in the Settings, then run Check Set-up.",
    },
    not_in_plex: {
      name: "Not in Plex",
      level: "info",
      meaning: "No file of the scene is in Plex's libraries.",
      todo:
        "Check the path rules, or let Plex scan." +
        " The scene syncs by itself once Plex has the file.",
    },
    filtered: {
      name: "Excluded",
      level: "secondary",
      meaning:
        "The settings exclude the scene (tags, studios, paths, IDs, organized), or you ignored or" +
        " undid it.",
      todo: "Change the setting, or take back the decision about the scene.",
    },
    nothing_to_sync: {
      name: "Nothing to sync",
      level: "secondary",
      meaning: "The scene has nothing but a file.",
      todo: "Give it a title in Stash.",
    },
    no_file: {
      name: "No file",
      level: "secondary",
      meaning: "The scene has no file in Stash.",
      todo: "Scan the file in Stash.",
    },
    scene_gone: {
      name: "Scene gone",
      level: "secondary",
      meaning: "The scene is no longer in Stash.",
      todo: "Nothing. Plex stays as it is.",
    },
  };

  // The settings in the order of Stash's own block; those that can do harm come last.
  const settingOrder = [
    "plex_url",
    "plex_token",
    "plex_library",
    "path_map",
    "paused",
    "title_template",
    "sync_code",
    "content_rating",
    "performer_tags",
    "max_tags",
    "sync_background",
    "skip_rating",
    "skip_posters",
    "skip_fields",
    "skip_studio_collections",
    "collect_parent_studios",
    "sync_groups",
    "collect_performers",
    "collect_tags",
    "collection_prefix",
    "label_tags",
    "labels",
    "only_organized",
    "only_with_stash_id",
    "only_with_url",
    "include_tags",
    "exclude_tags",
    "include_studios",
    "exclude_studios",
    "exclude_paths",
    "plays_from_plex",
    "ratings_from_plex",
    "preserve_plex_edits",
    "max_retries",
    "connect_timeout",
    "read_timeout",
    "dlq_retention_days",
    "stash_api_key",
    "debug_logging",
  ];
  const riskySettings = ["leave_unlocked", "allow_ambiguous", "ask_plex_to_scan", "insecure_tls"];

  // Plex's names of the fields, in words.
  const fields = {
    title: "Title",
    titleSort: "Sort title",
    originallyAvailableAt: "Release date",
    year: "Year",
    studio: "Studio",
    tagline: "Tagline",
    userRating: "Star rating",
    contentRating: "Content rating",
    summary: "Summary",
    actor: "Cast",
    director: "Directors",
    genre: "Genres",
    collection: "Collections",
    label: "Labels",
    poster: "Poster",
    thumb: "Poster",
    art: "Background",
    background: "Background",
  };

  // The names of the setting skip_fields, in words.
  const skippedFields = {
    title: "Title",
    sort_title: "Sort title",
    details: "Summary (details)",
    date: "Release date and year",
    studio: "Studio",
    performers: "Cast (performers)",
    tags: "Genres (tags)",
    rating100: "Star rating",
    director: "Director",
    code: "Tagline (studio code)",
    collections: "Collections",
    labels: "Labels",
    content_rating: "Content rating",
    poster: "Poster",
    background: "Background",
  };

  const tasks = {
    queue: "Process Queue",
    all: "Sync All Scenes",
    changed: "Sync Changed Scenes",
    preview: "Preview Sync",
    retry: "Retry Failed",
    check: "Check Set-up",
    status: "Show Status",
  };

  const counts = {
    scene: ["{n} scene", "{n} scenes"],
    edit_waits: ["{n} edit waits", "{n} edits wait"],
    scene_needs: ["{n} scene needs you", "{n} scenes need you"],
    dead_letter: ["{n} dead letter", "{n} dead letters"],
    thing_needs: ["{n} thing needs you", "{n} things need you"],
    item: ["{n} item", "{n} items"],
    file: ["{n} file", "{n} files"],
    library: ["{n} library", "{n} libraries"],
    image: ["{n} image", "{n} images"],
    attempt: ["{n} attempt", "{n} attempts"],
    problem: ["{n} problem", "{n} problems"],
    change: ["{n} unsaved change", "{n} unsaved changes"],
    second: ["{n} second", "{n} seconds"],
    minute: ["{n} minute", "{n} minutes"],
    hour: ["{n} hour", "{n} hours"],
    day: ["{n} day", "{n} days"],
  };

  const documents = [
    ["Installation", "install.md"],
    ["This page", "page.md"],
    ["Settings", "config.md"],
    ["Path rules", "paths.md"],
    ["Reasons and repairs", "troubleshoot.md"],
    ["Security", "security.md"],
  ];

  page.texts = {
    name: "PlexSync",
    documentsUrl: "https://github.com/plexsync/plexsync/blob/main/docs/",
    reasons,
    settingOrder,
    riskySettings,
    fields,
    skippedFields,
    tasks,
    undoTask: "Undo", // no task of the manifest: the page starts it with arguments
    counts,
    documents,
  };
})(typeof window === "undefined" ? globalThis : window);
