"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { pure, texts } = require("./load.js");

test("a list is read and written as the settings store it", () => {
  assert.deepEqual(pure.parseList(" Movies ;; TV; "), ["Movies", "TV"]);
  assert.equal(pure.joinList(["Movies", " TV ", ""]), "Movies; TV");
  assert.equal(pure.parseList("").length, 0);
});

test("a choice is found and changed regardless of blanks and case", () => {
  assert.ok(pure.isListed("movies; TV", " Movies"));
  assert.ok(!pure.isListed("4K Movies", "Movies"));
  assert.equal(pure.toggle("movies; TV", "Movies", false), "TV");
  assert.equal(pure.toggle("TV", "Movies", true), "TV; Movies");
  assert.equal(pure.toggle("movies", "Movies", true), "Movies");
});

test("path rules survive reading and writing", () => {
  const text = "/data => /media; /x => D:\\Videos";
  assert.deepEqual(pure.parseRules(text), [
    { stash: "/data", plex: "/media" },
    { stash: "/x", plex: "D:\\Videos" },
  ]);
  assert.equal(pure.joinRules(pure.parseRules(text)), text);
  assert.deepEqual(pure.parseRules(""), []);
});

test("an empty row of path rules is not stored, a half one is", () => {
  const rows = [
    { stash: " /a ", plex: "/b" },
    { stash: " ", plex: "" },
    { stash: "/c", plex: "" },
  ];
  assert.equal(pure.joinRules(rows), "/a => /b; /c => ");
  assert.deepEqual(pure.parseRules("/c => "), [{ stash: "/c", plex: "" }]);
  assert.deepEqual(pure.parseRules("/only"), [{ stash: "/only", plex: "" }]);
});

const SETTINGS = [
  { key: "plex_url", type: "text", value: "http://a", group: "Plex" },
  { key: "plex_token", type: "secret", value: "set", group: "Plex" },
  { key: "paused", type: "switch", value: false, group: "Plex" },
  { key: "max_tags", type: "number", value: 0, group: "Limits" },
  { key: "new_one", type: "text", value: "", group: "Later" },
];

test("only changed values are saved", () => {
  const changed = (edited) => pure.changedValues(SETTINGS, edited);
  assert.deepEqual(changed({}), {});
  assert.deepEqual(changed({ plex_url: "http://a", paused: false, max_tags: 0 }), {});
  assert.deepEqual(changed({ plex_url: "http://b", paused: true }), {
    plex_url: "http://b",
    paused: true,
  });
  assert.deepEqual(changed({ unknown: 1 }), {});
});

test("a secret that was touched is saved, also the text “set” and the empty one", () => {
  assert.deepEqual(pure.changedValues(SETTINGS, { plex_token: "set" }), { plex_token: "set" });
  assert.deepEqual(pure.changedValues(SETTINGS, { plex_token: "" }), { plex_token: "" });
});

test("sections follow the groups, and an unknown group comes last", () => {
  const sections = pure.bySection(SETTINGS, ["Plex", "Conflicts", "Limits"]);
  assert.deepEqual(
    sections.map(({ name, settings }) => [name, settings.length]),
    [
      ["Plex", 3],
      ["Limits", 1],
      ["Later", 1],
    ]
  );
});

test("Stash's own block begins with the address and ends with the risky settings", () => {
  const names = ["insecure_tls", "allow_ambiguous", "unknown_b", "paused", "unknown_a", "plex_url"];
  const sorted = pure.sortSettings(names.map((name) => ({ name }))).map(({ name }) => name);
  assert.deepEqual(sorted, [
    ...["plex_url", "paused", "unknown_b", "unknown_a"],
    ...["allow_ambiguous", "insecure_tls"],
  ]);
});

test("no setting is named twice", () => {
  const names = texts.settingOrder.concat(texts.riskySettings);
  assert.equal(new Set(names).size, names.length);
});

test("a default is shown in words", () => {
  const cases = [
    [false, "switch", "off"],
    [true, "switch", "on"],
    ["", "text", "empty"],
    [0, "number", "0"],
    ["/data", "text", "/data"],
  ];
  for (const [value, type, text] of cases) assert.equal(pure.shown(value, type), text);
});

test("a scene is named by its number or its address", () => {
  const cases = [
    ["12", 12],
    [" 12 ", 12],
    ["http://stash:9999/scenes/12?qsp=1", 12],
    ["/scenes/12", 12],
    ["", 0],
    ["12a", 0],
    ["1234567890", 0],
    ["/scenes/markers", 0],
  ];
  for (const [text, number] of cases) assert.equal(pure.sceneNumber(text), number, text);
});

test("an item is named by its number or its address in Plex Web", () => {
  const address = pure.plexLink("abc", 123);
  const cases = [
    ["123", 123],
    [address, 123],
    ["http://plex:32400/library/metadata/123", 123],
    ["Harbour", 0],
  ];
  for (const [text, number] of cases) assert.equal(pure.itemNumber(text), number, text);
});

test("an item has a link only where server and item are known", () => {
  assert.equal(
    pure.plexLink("abc", 5),
    "https://app.plex.tv/desktop/#!/server/abc/details?key=%2Flibrary%2Fmetadata%2F5"
  );
  assert.equal(pure.plexLink("", 5), "");
  assert.equal(pure.plexLink("abc", 0), "");
  assert.ok(!pure.plexLink('a"><b', 5).includes('"'));
});

test("a field without a word is shown by its own name", () => {
  assert.equal(pure.field("originallyAvailableAt"), "Release date");
  assert.equal(pure.field("some_field"), "Some field");
});

test("lists are compared by name", () => {
  assert.deepEqual(pure.listDiff(["Drama", "Old"], ["Drama", "New"]), [
    { name: "Drama", kind: "kept" },
    { name: "New", kind: "added" },
    { name: "Old", kind: "removed" },
  ]);
});

test("a day begins at its midnight, and no other text is a day", () => {
  assert.equal(pure.dayStart("2026-11-22"), new Date("2026-11-22T00:00").getTime() / 1000);
  for (const text of ["", "tomorrow", "2026-13-99", "1800-01-01"]) {
    assert.ok([null, 0].includes(pure.dayStart(text)), text);
  }
});
