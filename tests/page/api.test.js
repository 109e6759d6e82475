"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const http = require("node:http");
const path = require("node:path");
const { sentences } = require("./load.js");

// A server that answers as Stash, a proxy or a login page would, and the page below its path.
let answer = { status: 200, body: "{}" };
const asked = [];
const server = http.createServer((request, reply) => {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    asked.push({ url: request.url, ...JSON.parse(text || "{}") });
    if (request.url === "/login") return reply.writeHead(200).end("<html>");
    return reply.writeHead(answer.status, answer.headers || {}).end(answer.body);
  });
});
const isListening = new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

globalThis.window = globalThis;
globalThis.document = {
  querySelector: () => ({ getAttribute: () => `http://127.0.0.1:${server.address().port}/stash` }),
};
require(path.join(__dirname, "..", "..", "ui", "api.js"));
const { api } = globalThis.PlexSyncPage;

const output = (value) => ({
  status: 200,
  body: JSON.stringify({ data: { runPluginOperation: value } }),
});
const graphqlError = (message) => ({
  status: 200,
  body: JSON.stringify({ errors: [{ message }], data: null }),
});

test.before(() => isListening);
test.after(() => server.close());

test("an operation goes below the path of a reverse proxy, and its answer is parsed", async () => {
  answer = output({ pending: 3 });
  const { value, failure } = await api.status();
  assert.deepEqual([value.pending, value.failed, failure], [3, 0, ""]);
  const { url, variables } = asked.pop();
  assert.equal(url, "/stash/graphql");
  assert.deepEqual(variables, { id: "PlexSync", args: { quiet: true, mode: "status" } });
});

test("a cover lies below the path of a reverse proxy", () => {
  assert.match(api.cover(12), /\/stash\/scene\/12\/screenshot$/);
});

test("every failure is a sentence, and no call throws", async () => {
  const cases = [
    [graphqlError("Plex is not reachable"), "Plex is not reachable."],
    [graphqlError(""), sentences.failed],
    [graphqlError('Cannot query field "runPluginOperation"'), sentences["stash too old"]],
    [{ status: 401, body: "" }, sentences["session ended"]],
    [{ status: 302, headers: { Location: "/login" }, body: "" }, sentences["session ended"]],
    [{ status: 502, body: "<html>Bad gateway" }, /status 502/],
    [{ status: 200, body: "null" }, sentences["no data"]],
    [{ status: 200, body: "{}" }, sentences["no data"]],
  ];
  for (const [given, sentence] of cases) {
    answer = given;
    const { value, failure } = await api.scenes({});
    assert.equal(value, null);
    if (sentence instanceof RegExp) assert.match(failure, sentence);
    else assert.equal(failure, sentence);
  }
});

test("an operation without output has defaults", async () => {
  answer = output(null);
  const { value, failure } = await api.scenes({});
  assert.deepEqual([value, failure], [{ rows: [], total: 0, next: null }, ""]);
});

test("only jobs of our tasks are listed", async () => {
  const jobs = ["Running plugin task: Preview Sync", "Running plugin task: Other", "Scanning..."];
  const jobQueue = jobs.map((description, id) => ({ id, description, status: "RUNNING" }));
  answer = { status: 200, body: JSON.stringify({ data: { jobQueue } }) };
  const { value } = await api.jobs();
  assert.deepEqual(
    value.map((job) => job.task),
    ["Preview Sync"]
  );
  answer = { status: 200, body: JSON.stringify({ data: { jobQueue: null } }) };
  assert.deepEqual((await api.jobs()).value, []);
});

test("a server that is away is named", async () => {
  const { port } = server.address();
  const closed = http.createServer();
  await new Promise((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const free = closed.address().port;
  await new Promise((resolve) => closed.close(resolve));
  globalThis.document.querySelector = () => ({
    getAttribute: () => `http://127.0.0.1:${free}/`,
  });
  assert.equal((await api.status()).failure, sentences["stash away"]);
  globalThis.document.querySelector = () => ({
    getAttribute: () => `http://127.0.0.1:${port}/stash/`,
  });
});
