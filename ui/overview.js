// Overview: is it working, what runs, and what happened last?
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, headline, needsScenes, shares, runText, join } = page.words;
  const {
    h,
    useAction,
    Button,
    Failure,
    Busy,
    CountedBar,
    Table,
    Badge,
    SceneLink,
    PlexLink,
    Time,
    to,
  } = page.parts;
  const { useEffect, useState } = window.PluginApi.React;
  const { Link } = window.PluginApi.libraries.ReactRouterDOM;
  const { TaskButton } = page.tasks;
  const { tasks } = page.texts;

  // The text is a live region; what changes every two seconds stays outside of it.
  function Headline({ status, at }) {
    const { level, text, detail } = headline(status, at);
    return h(
      "div",
      { className: "alert alert-" + level + " plexsync-headline" },
      h("strong", { role: "status", "aria-live": "polite" }, text),
      detail && h("span", null, " " + detail),
      needsScenes(status) > 0 &&
        h(Link, { to: to("needs"), className: "alert-link ml-2" }, say("show needs"))
    );
  }

  const Blockers = ({ status }) =>
    status.blockers.length
      ? h(
          "ul",
          { className: "plexsync-blockers", "aria-label": say("what to do") },
          status.blockers.map(({ sentence, todo }, at) =>
            h("li", { key: at }, join(sentence, todo))
          )
        )
      : null;

  const FromPlex = ({ status: { from_plex: found } }) =>
    found.sentence
      ? h("p", { className: found.problem ? "text-warning" : "text-muted" }, found.sentence)
      : null;

  const SetupLink = ({ status }) =>
    status.setup.length
      ? h("p", null, h(page.SetupLink, { look: "primary", label: say("open setup") }))
      : null;

  // What the user chose is shown until the status says the same.
  function PauseButton({ status }) {
    const action = useAction();
    const [chosen, setChosen] = useState(null);
    const paused = chosen === null ? status.paused : chosen;
    useEffect(() => setChosen(null), [status.paused]);
    const flip = () =>
      action.run(page.api.save({ paused: !paused }).then(withProblems)).then((answer) => {
        if (!answer.failure) setChosen(!paused);
      });
    return h(
      "span",
      { className: "plexsync-inline" },
      h(Button, { busy: action.busy, onClick: flip }, say(paused ? "resume" : "pause")),
      h(Failure, { text: action.failure })
    );
  }

  const withProblems = (answer) => ({
    ...answer,
    failure: answer.failure || answer.value.problems.paused || "",
  });

  const Buttons = ({ status }) =>
    h(
      "div",
      { className: "plexsync-line", role: "group", "aria-label": say("actions") },
      h(TaskButton, { task: tasks.queue, label: say("sync now"), look: "primary" }),
      h(TaskButton, { task: tasks.all, label: say("sync all") }),
      h(Link, { to: to("preview"), className: "btn btn-sm btn-secondary" }, say("view preview")),
      h(PauseButton, { status })
    );

  const Activity = ({ status }) =>
    h(Table, {
      label: say("last scenes"),
      compact: true,
      heads: [say("head scene"), say("head outcome"), say("head when"), "Plex"],
      empty: say("no activity"),
      rows: status.activity.map((row, at) => ({
        key: row.scene + "-" + at,
        cells: [
          h(SceneLink, row),
          h(Badge, { code: row.outcome }),
          h(Time, { at: row.when }),
          h(PlexLink, { item: row.item }),
        ],
      })),
    });

  const Runs = ({ status }) =>
    h(Table, {
      label: say("last runs"),
      compact: true,
      heads: [say("head task"), say("head result"), say("head when")],
      empty: say("no runs"),
      rows: status.runs.map((run) => ({
        key: run.task,
        cells: [run.task, runText(run), h(Time, { at: run.at })],
      })),
    });

  function Overview({ state }) {
    const { status } = state;
    page.useSetup(status);
    if (!status) return state.failure ? null : h(Busy);
    const counted = shares(status.outcomes);
    return h(
      "div",
      null,
      h(Headline, { status, at: Date.now() / 1000 }),
      h(Blockers, { status }),
      h(SetupLink, { status }),
      h(FromPlex, { status }),
      h(Buttons, { status }),
      h("h3", null, say("outcomes")),
      counted.length
        ? h(CountedBar, { shares: counted, linkTo: (code) => to("scenes", { outcome: code }) })
        : h("p", { className: "text-muted" }, say("no outcomes")),
      h("h3", null, say("last scenes")),
      h(Activity, { status }),
      h("h3", null, say("last runs")),
      h(Runs, { status })
    );
  }

  page.Overview = Overview;
})();
