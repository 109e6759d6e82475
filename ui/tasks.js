// Tasks of Stash: buttons that start one, what runs now with a bar and a stop button, and how the
// last one ended.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, runText } = page.words;
  const { h, useAction, Button, Confirm, Failure } = page.parts;

  // `question` asks before the task starts.
  function TaskButton({ task, label, look, question }) {
    const action = useAction();
    const start = () => action.run(page.api.runTask(task));
    return h(
      "span",
      { className: "plexsync-inline" },
      question
        ? h(Confirm, { label, question, yes: label, look, busy: action.busy, onYes: start })
        : h(Button, { look, busy: action.busy, onClick: start }, label),
      h(Failure, { text: action.failure })
    );
  }

  function Job({ job }) {
    const action = useAction();
    const percent = job.progress === null ? 100 : Math.round(100 * job.progress);
    const waits = job.status === "READY";
    const stops = job.status === "STOPPING";
    const text = waits ? say("task waits", job) : stops ? say("task stops", job) : job.task;
    const bar = job.progress === null ? " progress-bar-striped progress-bar-animated" : "";
    const value = job.progress === null ? {} : { "aria-valuenow": percent };
    return h(
      "div",
      { className: "plexsync-job" },
      h("span", null, text),
      !waits &&
        h(
          "div",
          {
            className: "progress bg-secondary",
            role: "progressbar",
            "aria-label": job.task,
            "aria-valuemin": 0,
            "aria-valuemax": 100,
            ...value,
          },
          h(
            "div",
            { className: "progress-bar" + bar, style: { width: percent + "%" } },
            job.progress === null ? "" : percent + "%"
          )
        ),
      h(
        Button,
        {
          busy: action.busy || stops,
          "aria-label": say("stop task", job),
          onClick: () => action.run(page.api.stopJob(job.id)),
        },
        say("stop")
      ),
      h(Failure, { text: action.failure })
    );
  }

  // A task that failed ends as FINISHED in Stash too: its own result tells. Some leave none.
  function endedText(ended, status) {
    const run = status && status.runs.find((entry) => entry.task === ended.task);
    if (run && run.at > ended.added - 5) {
      return say("task ended", { task: ended.task, result: runText(run) });
    }
    if (ended.status === "CANCELLED") return say("task stopped", ended);
    const { tasks, undoTask } = page.texts; // a preview leaves no result in Status
    const isKnown = [tasks.preview, undoTask].includes(ended.task);
    return say(isKnown ? "task over" : "task left nothing", ended);
  }

  function Jobs({ state }) {
    const { jobs, ended, status } = state;
    const isNew = ended && Date.now() / 1000 - ended.at < 600;
    return h(
      "div",
      { "aria-live": "polite" },
      jobs.map((job) => h(Job, { key: job.id, job })),
      !jobs.length && isNew && h("p", { className: "text-muted" }, endedText(ended, status))
    );
  }

  page.tasks = { TaskButton, Jobs };
})();
