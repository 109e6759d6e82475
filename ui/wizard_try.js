// Set-up, step 6: one scene is previewed and synced, then the whole library.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say } = page.words;
  const { h, useAnswer, useAction, Button, Busy, Cover, Failure, Path, Pending, to } = page.parts;
  const { useState } = window.PluginApi.React;
  const { Link } = window.PluginApi.libraries.ReactRouterDOM;
  const { tasks } = page.texts;

  // The first of the scenes for which Plex has changes to show; 0 = none.
  async function firstMatch(scenes) {
    for (const { scene } of scenes) {
      const { value, failure } = await page.api.previewScene({ scene });
      if (failure) return { value: null, failure };
      if (page.setup.hasChanges(value)) return { value: scene, failure: "" };
    }
    return { value: 0, failure: "" };
  }

  const Row = ({ row, choose }) =>
    h(
      "li",
      { className: "plexsync-line" },
      h(Cover, row),
      h("div", { className: "plexsync-grow" }, row.title, h(Path, row)),
      h(
        Button,
        {
          onClick: () => choose(row.scene),
          "aria-label": say("preview scene", { name: row.title }),
        },
        say("view preview")
      )
    );

  function Found({ text, choose }) {
    const answer = useAnswer(page.api.findScenes, { text });
    const action = useAction();
    if (!answer.value) return h(Pending, { answer });
    const rows = answer.value;
    const find = () =>
      action.run(firstMatch(rows)).then(({ value }) => {
        if (value) choose(value);
      });
    if (!rows.length) return h("p", null, say("no scene found"));
    return h(
      "div",
      null,
      h(Button, { look: "primary", busy: action.busy, onClick: find }, say("find scene")),
      action.busy && h(Busy),
      h(Failure, { text: action.failure }),
      action.value === 0 && h("p", { role: "status" }, say("none matches")),
      h(
        "ul",
        { className: "list-unstyled" },
        rows.map((row) => h(Row, { key: row.scene, row, choose }))
      )
    );
  }

  function Search({ search }) {
    const [text, setText] = useState("");
    const submit = (event) => {
      event.preventDefault();
      search(text.trim());
    };
    return h(
      "form",
      { className: "plexsync-line", role: "search", onSubmit: submit },
      h("input", {
        type: "search",
        className: "form-control form-control-sm input-control plexsync-short",
        "aria-label": say("search scenes"),
        placeholder: say("search scenes"),
        value: text,
        maxLength: 200,
        onChange: (event) => setText(event.target.value),
      }),
      h(Button, { type: "submit" }, say("search"))
    );
  }

  const ThenAll = () =>
    h(
      "div",
      null,
      h("p", null, say("then all")),
      h(
        "div",
        { className: "plexsync-line" },
        h(Link, { to: to("preview"), className: "btn btn-sm btn-secondary" }, say("preview all")),
        h(page.tasks.TaskButton, {
          task: tasks.all,
          label: say("sync all"),
          question: say("sync all?"),
        })
      )
    );

  function StepTry() {
    const [text, search] = useState("");
    const [scene, choose] = useState(0);
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, say("try means")),
      !scene && h(Search, { search }),
      !scene && h(Found, { key: text, text, choose }),
      scene > 0 && h(page.ScenePreview, { key: scene, scene }),
      scene > 0 && h(Button, { onClick: () => choose(0) }, say("other scene")),
      h(ThenAll)
    );
  }

  page.wizard = { ...page.wizard, StepTry };
})();
