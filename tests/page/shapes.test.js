"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { shapes } = require("./load.js");

const NOTHING = [null, undefined, {}, [], "text", 7];

test("every shape takes an answer without its keys", () => {
  for (const name of Object.keys(shapes)) {
    for (const raw of NOTHING) assert.doesNotThrow(() => shapes[name](raw), name);
  }
});

test("a status of an older plugin has a value for every key", () => {
  const status = shapes.status({ pending: "3", outcomes: { synced: "9" }, letters: [null] });
  assert.equal(status.pending, 3);
  assert.deepEqual(status.outcomes, { synced: 9 });
  assert.equal(status.letters[0].job, 0);
  assert.deepEqual(status.hold, { reason: "", sentence: "", since: 0 });
  assert.equal(status.server.machine, "");
  assert.equal(status.paused, false);
});

test("pausing is known from the hold and from the settings", () => {
  assert.ok(shapes.status({ hold: { reason: "paused" } }).paused);
  assert.ok(shapes.status({ settings: { paused: true } }).paused);
  assert.ok(!shapes.status({ settings: "unknown" }).paused);
});

test("the last page of scenes has no next one", () => {
  assert.equal(shapes.scenes({ rows: [] }).next, null);
  assert.equal(shapes.scenes({ next: 0 }).next, 0);
});

test("a poster is a picture that the plugin sent, never an address", () => {
  const poster = (value) =>
    shapes.preview({ candidates: [{ poster: value }] }).candidates[0].poster;
  assert.equal(poster("data:image/jpeg;base64,AAAA"), "data:image/jpeg;base64,AAAA");
  const others = ["http://plex:32400/thumb?X-Plex-Token=x", "data:text/html;base64,AAAA", null, 5];
  for (const value of others) assert.equal(poster(value), "");
});

test("settings have values of their type", () => {
  const parse = (raw) => shapes.settings({ settings: [raw] }).settings[0];
  assert.equal(parse({ type: "switch", value: "true" }).value, true);
  assert.equal(parse({ type: "number", value: "5", low: 1, high: null }).value, 5);
  assert.equal(parse({ type: "number", low: 1, high: null }).high, null);
  assert.deepEqual(parse({ type: "list", choices: ["A", { title: "B" }] }).choices, ["A", "B"]);
  assert.equal(parse({ key: "x" }).title, "x");
});

test("a job of Stash names its task", () => {
  const raw = { id: 3, description: "Running plugin task: Preview Sync", progress: -1 };
  const job = shapes.job({ ...raw, addTime: "1970-01-01T00:01:00.123456789Z" });
  assert.deepEqual(job, {
    id: "3",
    task: "Preview Sync",
    status: "",
    added: 60.123,
    progress: null,
  });
  assert.equal(shapes.job({ description: "Scanning..." }).task, "");
});

test("the evidence of a dead letter is text", () => {
  const letter = shapes.letter({
    item: 3,
    evidence: { why: ["a", "b"], deep: { x: 1 }, n: 5, item: 3, candidates: [{ title: "A" }] },
  });
  assert.deepEqual(letter.evidence, [
    ["why", "a, b"],
    ["deep", '{"x":1}'],
    ["n", "5"],
  ]);
  assert.equal(letter.candidates[0].title, "A");
});

test("before and after are text or a list of texts", () => {
  const raw = { items: [{ changes: [{ field: "genre", before: ["a", 1], after: null }] }] };
  const [change] = shapes.preview(raw).items[0].changes;
  assert.deepEqual([change.before, change.after], [["a", "1"], ""]);
});

test("titles of a template are texts, whatever was sent", () => {
  const { titles, problem } = shapes.titles({
    titles: [{ scene: "7", title: "Quay", after: null }, null],
    problem: 3,
  });
  assert.deepEqual(titles, [
    { scene: 7, title: "Quay", after: "" },
    { scene: 0, title: "", after: "" },
  ]);
  assert.equal(problem, "3");
});

test("an undo has rows with their locks, and words for all the rest", () => {
  const rows = [{ scene: "7", item: 3, field: "genre", before: ["A"], after: [], lock: false }];
  const found = shapes.undone({ preview: true, items: 1, rows, sentences: ["Undo: 1 item."] });
  assert.deepEqual([found.rows[0].scene, found.rows[0].lock, found.pages], [7, false, 0]);
  assert.equal(shapes.undone({ rows: [{}] }).rows[0].lock, null);
  assert.deepEqual(shapes.undone(null).rows, []);
});
