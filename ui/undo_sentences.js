// The sentences about undoing, beside those of sentences.js.
(function (root) {
  "use strict";
  const page = (root.PlexSyncPage = root.PlexSyncPage || {});

  Object.assign(page.sentences, {
    undo: "Undo",
    "undo would": "What an undo would put back",
    "undo did": "What was put back",
    "undo nothing": "Nothing has to go back.",
    "undo more": "{n} more lines are not shown.",
    "undo done scene":
      "Undone. PlexSync leaves this scene alone until you save it in Stash, or sync it here.",
    "undo scene question": "Put back what Plex had before PlexSync?",
    "undo all": "Undo everything",
    "undo later": "Undo since that day",
    "undo all question": "Switch Pause on, and put back what Plex had before PlexSync?",
    "undo since": "Only items first written since",
    "undo preview": "Preview undo",
    "field is locked": "Locked again.",
    "field is unlocked": "Unlocked.",
    leave: "Leave PlexSync",
    "leave means":
      "Undo puts back what Plex had before the first sync: values, locks, posters, backgrounds." +
      " What was changed in Plex since stays, and is listed. An undo switches Pause on first:" +
      " edits wait until you switch it off. It may be stopped and run again.",
  });
})(typeof window === "undefined" ? globalThis : window);
