"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { setup, shapes } = require("./load.js");

const NO_ACCOUNT = { state: "expired", account: "", server: "" };
const known = (values, account, lastSync) => ({
  values: values || {},
  account: { ...NO_ACCOUNT, ...account },
  server: {},
  lastSync: lastSync || 0,
});
const TYPED = { plex_url: "http://plex:32400", plex_token: "set" };

test("the first open step is the one that is missing", () => {
  const first = (...of) => setup.firstStep(setup.steps(known(...of), []));
  assert.equal(first(), "sign in");
  assert.equal(first({ plex_url: "http://plex:32400", plex_token: "not set" }), "sign in");
  assert.equal(first({}, { state: "signed_in", account: "Ann" }), "server");
  assert.equal(first({}, { server: "Harbour" }), "libraries");
  assert.equal(first(TYPED), "libraries");
  assert.equal(first({ ...TYPED, plex_library: "Videos" }), "paths");
  assert.equal(first(TYPED, {}, 1e9), "");
  const done = setup.steps(known(TYPED, {}, 1e9), []);
  assert.equal(setup.firstStep(done, "Plex refuses the token."), "sign in");
});

test("each step shows what is known already", () => {
  const said = (...of) => setup.steps(known(...of), []).map((step) => step.known);
  assert.match(said({}, { state: "signed_in", account: "Ann" })[0], /Ann/);
  assert.equal(said({}, { state: "signed_in", account: "Ann" })[1], "No server is chosen yet.");
  assert.match(said({}, { server: "Harbour" })[1], /Harbour/);
  assert.match(said(TYPED)[0], /http:\/\/plex:32400/);
  assert.match(said({ ...TYPED, path_map: "/data => /media" })[3], /\/data => \/media/);
  assert.match(said({ skip_rating: true, skip_posters: true })[4], /^Synced: studio collections/);
});

test("steps that need Plex wait for a server, and the user can go past each", () => {
  const waiting = setup.steps(known(), []).filter((step) => step.waits);
  assert.deepEqual(
    waiting.map((step) => step.key),
    ["libraries", "paths", "try"]
  );
  assert.ok(!setup.steps(known(TYPED), []).some((step) => step.waits));
  assert.equal(setup.after("choices"), "try");
  assert.equal(setup.after("try"), "");
});

const LIBRARIES = [
  { title: "Films", type: "movie" },
  { title: "Series", type: "show" },
  { title: "Songs", type: "artist" },
  { title: "Pictures", type: "photo" },
];

test("all libraries are stored as none, and music and photos never", () => {
  assert.equal(setup.libraryValue(LIBRARIES, ["Films", "Series"]), "");
  assert.equal(setup.libraryValue(LIBRARIES, ["Films", "Songs"]), "Films");
  assert.deepEqual(LIBRARIES.map(setup.canSync), [true, true, false, false]);
});

test("a rule that is taken over replaces the one for the same Stash path", () => {
  const rule = "/data => /media";
  assert.equal(setup.withRule("", rule), rule);
  assert.equal(setup.withRule("/data => /old; /x => /y", rule), "/x => /y; /data => /media");
  assert.equal(setup.withRule("/x => /y", ""), "/x => /y");
});

test("a rule that several folders propose is shown once, with all that it finds", () => {
  const folder = (rule, finds) => ({ proposals: [{ rule, finds }] });
  assert.deepEqual(setup.proposals([folder("a", 2), folder("b", 9), folder("a", 3)]), [
    { rule: "b", finds: 9 },
    { rule: "a", finds: 5 },
  ]);
});

test("a choice in plain words is stored as its setting", () => {
  const [ratings, , , keep] = setup.CHOICES;
  assert.equal(setup.stored(ratings, true), false);
  assert.equal(setup.stored(ratings, false), true);
  assert.equal(setup.stored(keep, true), true);
  for (const choice of setup.CHOICES) {
    for (const on of [true, false]) {
      assert.equal(setup.isOn(choice, { [choice.key]: setup.stored(choice, on) }), on);
    }
  }
});

test("only addresses of Plex's own site become links", () => {
  assert.equal(shapes.signIn({ url: "javascript:alert(1)" }).url, "");
  assert.equal(shapes.signIn({ url: "https://app.plex.tv.evil.org/" }).url, "");
  assert.match(shapes.signIn({ url: "https://app.plex.tv/auth#?code=x" }).url, /^https:/);
  assert.equal(shapes.signedOut({ devices: "http://evil.org" }).devices, "");
});

test("a scene without a title is found by the name of its file", () => {
  const row = { id: "7", title: "", files: [{ path: "/data/Pier.mp4" }] };
  const [found] = shapes.foundScenes({ findScenes: { scenes: [row] } });
  assert.deepEqual(found, { scene: 7, title: "Pier.mp4", path: "/data/Pier.mp4" });
});
