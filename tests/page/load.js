// Loads the files of the page that need no browser; returns what they export.
"use strict";
const path = require("node:path");

for (const name of ["sentences", "undo_sentences", "texts", "words", "pure", "shapes", "wizard_shapes", "wizard_steps"]) {
  require(path.join(__dirname, "..", "..", "ui", name + ".js"));
}
module.exports = globalThis.PlexSyncPage;
