// Loads the files of the page that need no browser; returns what they export.
"use strict";
const path = require("node:path");

const NAMES = ["sentences", "undo_sentences", "wizard_sentences", "texts", "words", "pure", "shapes", "wizard_shapes"];
for (const name of [...NAMES, "wizard_steps"]) {
  require(path.join(__dirname, "..", "..", "ui", name + ".js"));
}
module.exports = globalThis.PlexSyncPage;
