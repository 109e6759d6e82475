// The only file that speaks to the plugin and to Stash. Each call returns a promise of
// {value, failure}: `failure` is "" or a sentence for the user, and no promise is ever rejected.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  const { say, sentence } = page.words;
  const shapes = page.shapes;
  const PLUGIN = "PlexSync";
  // The preview of one scene may wait for a slow Plex.
  const PATIENCE = 120 * 1000;

  const OPERATION =
    "mutation($id: ID!, $args: Map){runPluginOperation(plugin_id: $id, args: $args)}";
  const TASK = "mutation($id: ID!, $task: String){runPluginTask(plugin_id: $id, task_name: $task)}";
  const TASK_WITH =
    "mutation($id: ID!, $title: String, $args: Map)" +
    "{runPluginTask(plugin_id: $id, description: $title, args_map: $args)}";
  const JOB = "{id status description progress addTime}";

  // The address of Stash, which may lie below the path of a reverse proxy.
  function base() {
    const element = document.querySelector("base");
    const href = (element && element.getAttribute("href")) || "/";
    return href.replace(/\/?$/, "/");
  }

  const cover = (scene) => base() + "scene/" + scene + "/screenshot";

  const failed = (text) => ({ value: null, failure: text });

  async function send(query, variables, stop = new AbortController()) {
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const reply = await fetch(base() + "graphql", {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ query, variables }),
        signal: stop.signal,
      });
      return await read(reply);
    } catch (error) {
      return failed(say(error.name === "AbortError" ? "no answer in time" : "stash away"));
    } finally {
      clearTimeout(timer);
    }
  }

  async function read(reply) {
    if (reply.status === 401 || reply.status === 403 || reply.redirected) {
      return failed(say("session ended"));
    }
    let answer;
    try {
      answer = JSON.parse(await reply.text());
    } catch (error) {
      return failed(say("not json", { status: reply.status }));
    }
    return unwrapped(answer || {});
  }

  function unwrapped(answer) {
    if (Array.isArray(answer.errors) && answer.errors.length) {
      const message = String(answer.errors[0].message || "");
      const isOld = /cannot query field/i.test(message);
      return failed(isOld ? say("stash too old") : sentence(message) || say("failed"));
    }
    return answer.data ? { value: answer.data, failure: "" } : failed(say("no data"));
  }

  // One operation of the plugin; `shape` parses its answer.
  // `stop` ends it early.
  async function call(mode, args, shape, stop) {
    const variables = { id: PLUGIN, args: { ...args, mode } };
    const { value, failure } = await send(OPERATION, variables, stop);
    if (failure) return failed(failure);
    try {
      return { value: shape(value.runPluginOperation), failure: "" };
    } catch (error) {
      return failed(say("not understood"));
    }
  }

  const operations = {
    status: () => call("status", { quiet: true }, shapes.status),
    scenes: (args) => call("scenes", args, shapes.scenes),
    letter: (args) => call("letter", args, shapes.letter),
    log: (args) => call("log", args, shapes.log),
    settings: () => call("settings", {}, shapes.settings),
    save: (values) => call("save_settings", { values }, shapes.saved),
    previewScene: (args) => call("preview", args, shapes.preview),
    previewTitles: ({ template, stop }) =>
      call(
        "preview",
        { titles: true, settings: { title_template: template } },
        shapes.titles,
        stop
      ),
    previewPage: (args) => call("preview", args, shapes.previewAll),
    sync: (args) => call("sync", args, shapes.verdict),
    pin: (args) => call("pin", args, shapes.verdict),
    ignore: (args) => call("ignore", args, shapes.verdict),
    retry: (args) => call("retry", args, shapes.verdict),
    dismiss: (args) => call("dismiss", args, shapes.verdict),
    libraries: () => call("libraries", {}, shapes.libraries),
    signIn: () => call("sign_in", {}, shapes.signIn),
    signInState: () => call("sign_in_state", {}, shapes.signInState),
    signOut: () => call("sign_out", {}, shapes.signedOut),
    servers: () => call("servers", {}, shapes.servers),
    useServer: (args) => call("use_server", args, shapes.used),
    paths: (args) => call("paths", args, shapes.paths),
    check: () => call("check_setup", { quiet: true }, shapes.check),
    support: (args) => call("support", args, shapes.support),
    undo: (args) => call("undo", args, shapes.undone),
  };

  // The newest scenes of Stash with a text in title or path.
  async function findScenes({ text }) {
    const query =
      "query($filter: FindFilterType){findScenes(filter: $filter){scenes{id title files{path}}}}";
    const filter = { q: text, per_page: 8, sort: "updated_at", direction: "DESC" };
    const { value, failure } = await send(query, { filter });
    return failure ? failed(failure) : { value: shapes.foundScenes(value), failure: "" };
  }

  // Tasks, as jobs of Stash's own queue.

  async function runTask(task) {
    return started(await send(TASK, { id: PLUGIN, task }));
  }

  // An undo as a task, which the manifest does not list: one click there would be too easy.
  async function runUndo(args) {
    const variables = { id: PLUGIN, title: page.texts.undoTask, args: { ...args, mode: "undo" } };
    return started(await send(TASK_WITH, variables));
  }

  function started({ value, failure }) {
    return failure ? failed(failure) : { value: String(value.runPluginTask), failure: "" };
  }

  const isOurs = (job) =>
    job.task === page.texts.undoTask ||
    Object.keys(page.texts.tasks).some((key) => page.texts.tasks[key] === job.task);

  // The jobs of our tasks that wait or run, in Stash's order.
  async function jobs() {
    const { value, failure } = await send("query{jobQueue" + JOB + "}", {});
    return failure
      ? failed(failure)
      : { value: shapes.jobs(value.jobQueue).filter(isOurs), failure: "" };
  }

  async function findJob(id) {
    const query = "query($id: ID!){findJob(input: {id: $id})" + JOB + "}";
    const { value, failure } = await send(query, { id });
    return failure ? failed(failure) : { value: shapes.job(value.findJob), failure: "" };
  }

  async function stopJob(id) {
    const { value, failure } = await send("mutation($id: ID!){stopJob(job_id: $id)}", { id });
    return failure ? failed(failure) : { value: value.stopJob, failure: "" };
  }

  page.api = { ...operations, findScenes, cover, runTask, runUndo, jobs, findJob, stopJob };
})();
