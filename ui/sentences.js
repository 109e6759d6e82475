// Every label and sentence of the page by its key; {names} are filled in. Tables: texts.js;
// the set-up: wizard_sentences.js.
(function (root) {
  "use strict";
  const page = (root.PlexSyncPage = root.PlexSyncPage || {});

  const views = {
    "view overview": "Overview",
    "view needs": "Needs you",
    "view scenes": "Scenes",
    "view preview": "Preview",
    "view settings": "Settings",
    "view help": "Help",
    "view setup": "Set-up",
  };

  const state = {
    "packages fetching": "Python packages are being installed. This takes a minute.",
    "packages failed":
      "The Python packages could not be installed. The log on the Help view says why.",
    paused: "Paused.",
    "paused since": "Paused since {time}.",
    "plex away": "Plex does not answer.",
    "plex away since": "Plex has not answered since {time}.",
    "next try": "Next try in {span}.",
    "setup incomplete": "The set-up is not complete.",
    syncing: "Syncing: {scenes} left.",
    rate: "{scenes} a minute.",
    "time left": "About {span} left.",
    "nothing synced": "No scene is synced yet. Sync all syncs the whole library.",
    "in step": "In step with Plex: {scenes}.",
    "last sync": "Last sync: {ago}.",
    "run done": "{scenes} done",
    "run left": "{n} left",
    "no problems": "no problems",
  };

  const times = {
    never: "never",
    "just now": "just now",
    ago: "{span} ago",
  };

  const failures = {
    failed: "The operation failed. The log on the Help view says why.",
    "no answer in time": "No answer within two minutes.",
    "stash away": "Stash does not answer. Check that it runs and that this device reaches it.",
    "session ended": "Your Stash session has ended. Reload this page and log in again.",
    "not json": "Stash sent an answer that is no data (status {status}). Reload this page.",
    "no data": "Stash sent an empty answer.",
    "not understood": "The answer has an unknown form. Reload plugins in Stash, then this page.",
    "stash too old": "This Stash is too old for this page. Update Stash to 0.25.1 or later.",
    "view failed": "This view cannot be shown: {error}",
  };

  const common = {
    loading: "Loading…",
    actions: "Actions",
    "try again": "Try again",
    cancel: "Cancel",
    close: "Close",
    details: "Details",
    "details of": "Details: {name}",
    refresh: "Refresh",
    done: "Done.",
    back: "Back",
    next: "Next",
    pages: "Pages",
    range: "{from} to {to} of {total}",
    "page of": "Page {page} of {pages}",
    empty: "empty",
    on: "on",
    off: "off",
    unknown: "Unknown",
    "scene number": "Scene {scene}",
    "item number": "Item {item}",
    "open in plex": "Open in Plex",
    "head scene": "Scene",
    "head outcome": "Outcome",
    "head when": "When",
    "head since": "Since",
    "head task": "Task",
    "head result": "Result",
    "head field": "Field",
    "head before": "Before",
    "head after": "After",
    "head why": "Why",
    "head meaning": "Meaning",
    "head todo": "Next step",
  };

  const tasks = {
    "sync now": "Sync now",
    "sync all": "Sync all",
    pause: "Pause",
    resume: "Resume",
    stop: "Stop",
    "stop task": "Stop {task}",
    "task waits": "{task} waits for other tasks of Stash.",
    "task stops": "{task} is stopping.",
    "task over": "{task} ended.",
    "task stopped": "{task} was stopped.",
    "task ended": "{task} ended: {result}.",
    "task left nothing": "{task} ended without a result. The log on the Help view says why.",
  };

  const overview = {
    "what to do": "Next steps",
    "show needs": "Show them",
    outcomes: "Outcomes",
    "no outcomes": "No scene has an outcome yet.",
    "last scenes": "Last scenes",
    "no activity": "No scene was synced yet.",
    "last runs": "Last runs",
    "no runs": "No task has run yet.",
  };

  const needs = {
    groups: "Groups",
    "dead letters": "Dead letters",
    "nothing needs you": "No scene needs you.",
    "nothing here": "Nothing is left here.",
    "choose item": "Choose item",
    "use this one": "Use this one",
    "use item": "Use {name}",
    likely: "likely",
    uncertain: "uncertain",
    "no candidates": "PlexSync found no candidate in Plex.",
    "other item": "Other item",
    "item placeholder": "Number or Plex address",
    "try again for": "Try again: {name}",
    ignore: "Ignore",
    "ignore scene": "Ignore: {name}",
    "ignore all": "Ignore all shown",
    "ignore all?": "Ignore {scenes}?",
    ignored: "PlexSync leaves this scene alone now.",
    "ignore means":
      "PlexSync leaves ignored scenes alone. You can take that back on a scene's tab Plex.",
  };

  const letters = {
    "letters mean":
      "A dead letter is an edit that Plex refused, or that failed too often. It waits for you.",
    "newest letters": "These are the newest {n} of {total}.",
    "letter number": "Dead letter {job}",
    "retry all": "Retry all",
    "retry letter": "Retry dead letter {job}",
    "letter retried": "The edit is in the queue again.",
    dismiss: "Dismiss",
    "dismiss letter": "Dismiss dead letter {job}",
    "letter dismissed": "The dead letter is deleted. Plex stays as it is.",
    "fact error": "Error",
    "fact fields": "Fields",
    "fact item": "Item",
    "fact candidates": "Candidates",
    "fact queued": "Queued",
    "fact failed": "Failed",
  };

  const scenes = {
    "all outcomes": "All outcomes",
    "filter outcome": "Filter by outcome",
    "search scenes": "Search title or path",
    "no scenes": "No scene matches.",
  };

  const preview = {
    "one scene": "One scene",
    "scene placeholder": "Number or address",
    "whole library": "Whole library",
    "preview means": "A preview compares Stash with Plex and changes nothing.",
    "run preview": "Run preview",
    apply: "Apply",
    "apply all": "Apply to all",
    "apply all?": "Write the changes to {items}?",
    "would write": "{items} would change.",
    unchanged: "{items} would stay as they are.",
    images: "{images} would be sent.",
    "made of": "Compared {scenes}:",
    "changed fields": "Changed fields:",
    "left out": "Scenes that are left out",
    "scenes and changes": "Scenes and their changes",
    "not shown": "{scenes} more are not shown.",
    "changes of": "Changes of {title}",
    "no changes": "Nothing would change.",
    "new image": "The cover of the scene",
  };

  const settings = {
    "title preview": "Titles of three scenes",
    "title stays": "stays as it is in Plex",
    "check means": "Tests the saved settings: address, token, libraries and path rules.",
    "check found": "Findings",
    "check fine": "All is well.",
    "load libraries": "Show the libraries of Plex",
    default: "Default: {value}.",
    set: "Set",
    "not set": "Not set",
    enter: "Enter",
    replace: "Replace",
    remove: "Remove",
    "secret goes": "Will be removed when you save.",
    "unknown choice": "(not on the Plex server)",
    "add rule": "Add rule",
    "count rules": "Count files",
    "remove rule": "Remove rule {n}",
    "stash path": "Stash path of rule {n}",
    "plex path": "Plex path of rule {n}",
    "stash example": "Stash path, e.g. /data",
    "plex example": "Plex path, e.g. /media",
    save: "Save",
    discard: "Discard",
    saved: "Saved.",
    "not saved": "Nothing was saved. Correct the marked settings first.",
    "no unsaved changes": "No unsaved changes.",
    "leave unsaved?": "Leave without saving the changes?",
  };

  const help = {
    "fact version": "Version",
    "fact data": "Data directory",
    "fact worker": "Worker",
    "fact server": "Plex server",
    "fact libraries": "Libraries",
    "worker runs": "running",
    "worker sleeps": "not running: it starts with the next edit",
    log: "End of the log",
    "log empty": "The log is empty.",
    "support file": "Support file",
    "support means":
      "A file for a bug report: versions, settings without secrets, counts and the last errors.",
    "with names": "Include titles and paths",
    "make support": "Make support file",
    "support made": "{path} ({size}), on the machine of Stash.",
    documents: "Documents",
    reasons: "What each outcome means",
  };

  const places = {
    "tools card": "Shows what PlexSync does, and what needs you.",
    "open page": "Open the PlexSync page",
    "open page means": "It shows these settings with their defaults, and what PlexSync does.",
    "not synced yet": "PlexSync has no outcome for this scene yet.",
    since: "Since",
    "last written": "Last written",
    "take back": "Take back choice",
  };

  page.sentences = {
    ...views,
    ...state,
    ...times,
    ...failures,
    ...common,
    ...tasks,
    ...overview,
    ...needs,
    ...letters,
    ...scenes,
    ...preview,
    ...settings,
    ...help,
    ...places,
  };
})(typeof window === "undefined" ? globalThis : window);
