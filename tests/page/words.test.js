"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { words, shapes, texts, sentences } = require("./load.js");

const NOW = 1_800_000_000;
const status = (raw) => shapes.status({ worker_alive: true, ...raw });
const line = (raw) => words.headline(status(raw), NOW);

test("a number and its noun agree", () => {
  const cases = [
    [0, "0 scenes"],
    [1, "1 scene"],
    [2, "2 scenes"],
    [1204, "1,204 scenes"],
    [1234567, "1,234,567 scenes"],
  ];
  for (const [n, text] of cases) assert.equal(words.count(n, "scene"), text);
  assert.equal(words.count(1, "edit_waits"), "1 edit waits");
  assert.equal(words.count(37, "edit_waits"), "37 edits wait");
});

test("a span has one unit and its plural", () => {
  const cases = [
    [-3, "0 seconds"],
    [1, "1 second"],
    [40.4, "40 seconds"],
    [60, "1 minute"],
    [119, "119 seconds"],
    [120, "2 minutes"],
    [3600, "1 hour"],
    [7199, "120 minutes"],
    [7200, "2 hours"],
    [86400, "1 day"],
    [200000, "2 days"],
  ];
  for (const [seconds, text] of cases) assert.equal(words.span(seconds), text);
});

test("a time is said relative to now, as a clock, or as never", () => {
  assert.equal(words.ago(0, NOW), "never");
  assert.equal(words.ago(NOW - 1, NOW), "just now");
  assert.equal(words.ago(NOW + 60, NOW), "just now");
  assert.equal(words.ago(NOW - 120, NOW), "2 minutes ago");
  assert.equal(words.clock(0, NOW), "never");
  const noon = new Date(2026, 10, 21, 12, 5).getTime() / 1000;
  assert.equal(words.clock(noon, noon + 60), "12:05");
  assert.equal(words.clock(noon, noon + 86400), "2026-11-21 12:05");
});

test("a size has a fitting unit", () => {
  assert.deepEqual([12, 34567, 2500000].map(words.bytes), ["12 B", "35 kB", "2.5 MB"]);
});

test("a sentence ends once", () => {
  assert.deepEqual(["", "Done", "Done.", "Why?"].map(words.sentence), [
    "",
    "Done.",
    "Done.",
    "Why?",
  ]);
});

test("the status line says that all is well", () => {
  const said = line({ outcomes: { synced: 1204 }, last_sync: NOW - 120 });
  assert.deepEqual(said, {
    level: "success",
    text: "In step with Plex: 1,204 scenes.",
    detail: "Last sync: 2 minutes ago.",
  });
});

test("the status line names the outage, the edits and the next try", () => {
  const since = new Date(2026, 10, 21, 10, 42).getTime() / 1000;
  const raw = shapes.status({ pending: 37, outage: { since, next_try: since + 100 } });
  assert.deepEqual(words.headline(raw, since + 60), {
    level: "danger",
    text: "Plex has not answered since 10:42. 37 edits wait.",
    detail: "Next try in 40 seconds.",
  });
});

test("the status line names the most urgent state", () => {
  const outage = { since: NOW - 60, next_try: NOW + 10 };
  const cases = [
    [{ problem: "The database is damaged" }, "danger", /^The database is damaged\.$/],
    [{ start_problem: "No Python.", setup: ["x"] }, "danger", /^No Python\.$/],
    [{ packages: "fetching", setup: ["x"] }, "info", /being installed/],
    [{ packages: "failed" }, "danger", /could not be installed/],
    [{ hold: { reason: "paused", since: NOW }, outage }, "warning", /^Paused since \d\d:\d\d\.$/],
    [{ hold: { reason: "paused" }, pending: 1 }, "warning", /^Paused\. 1 edit waits\.$/],
    [{ settings: { paused: true }, last_sync: NOW }, "warning", /^Paused\.$/],
    [{ waits_for: "waiting_for_plex" }, "danger", /^Plex does not answer\.$/],
    [{ setup: ["The token is missing"] }, "warning", /not complete\. The token is missing\.$/],
    [{ hold: { reason: "waiting_for_stash" } }, "warning", /^Stash does not answer/],
    [{ pending: 12, in_progress: 3 }, "info", /^Syncing: 15 scenes left\.$/],
    [{}, "info", /^No scene is synced yet\./],
    [{ failed: 1, outcomes: { synced: 5 } }, "warning", /5 scenes\. 1 scene needs you\.$/],
  ];
  for (const [raw, level, text] of cases) {
    const said = line(raw);
    assert.equal(said.level, level, JSON.stringify(raw));
    assert.match(said.text, text);
  }
});

test("edits that are not due yet are not called a sync", () => {
  const raw = { pending: 3, delayed: 3, outcomes: { synced: 9 }, last_sync: NOW };
  assert.match(line(raw).text, /^In step/);
});

test("a rate gives the time that is left", () => {
  const said = line({ pending: 240, rate: 120 });
  assert.equal(said.detail, "120 scenes a minute. About 2 minutes left.");
});

test("the bar has the outcomes in the table's order, unknown ones last", () => {
  const shares = words.shares({ filtered: 5, new_reason: 1, synced: 93, ambiguous: 1, no_file: 0 });
  assert.deepEqual(
    shares.map(({ code }) => code),
    ["synced", "ambiguous", "filtered", "new_reason"]
  );
  assert.equal(
    shares.reduce((sum, { percent }) => sum + percent, 0),
    100
  );
  assert.equal(words.reason("new_reason").name, "new_reason");
});

test("the number in the top bar counts decisions, dead letters and a missing set-up", () => {
  const raw = {
    failed: 2,
    outcomes: { synced: 5, ambiguous: 12, item_taken: 3, not_in_plex: 7 },
    setup: ["The token is missing.", "So is the address."],
    outage: { since: NOW },
  };
  assert.equal(words.needsCount(status(raw)), 18);
  assert.deepEqual(words.needs(status(raw)), [
    { code: "ambiguous", n: 12 },
    { code: "item_taken", n: 3 },
    { code: "letters", n: 2 },
  ]);
});

test("polling is fast only while something moves", () => {
  const cases = [
    [{}, [], false],
    [{}, [{ id: "1" }], true],
    [{ in_progress: 1 }, [], true],
    [{ pending: 3 }, [], true],
    [{ pending: 3, delayed: 3 }, [], false],
    [{ pending: 3, worker_alive: false }, [], false],
    [{ pending: 3, hold: { reason: "paused" } }, [], false],
  ];
  for (const [raw, jobs, moves] of cases) assert.equal(words.isMoving(status(raw), jobs), moves);
});

test("a run has a result in words", () => {
  const run = { task: "Sync All Scenes", done: 1, left: 2, problems: 0 };
  assert.equal(words.runText(run), "1 scene done, 2 left, no problems");
  assert.equal(
    words.runText({ ...run, task: texts.tasks.check, left: 0, problems: 1 }),
    "1 problem"
  );
});

test("every sentence is one line without unfilled words", () => {
  for (const [key, text] of Object.entries(sentences)) {
    assert.ok(text && !/\n/.test(text), key);
  }
});
