// The tab Plex on a scene's page.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, reason } = page.words;
  const {
    h,
    useStatus,
    useAnswer,
    useAction,
    Button,
    Failure,
    Pending,
    Badge,
    PlexLink,
    Time,
    to,
  } = page.parts;
  const { useEffect, useState } = window.PluginApi.React;
  const { Link } = window.PluginApi.libraries.ReactRouterDOM;

  function Facts({ row }) {
    if (!row) return h("p", null, say("not synced yet"));
    const { item, items } = row;
    const others = items.filter((other) => other !== item);
    return h(
      "div",
      null,
      h(
        "p",
        null,
        h(Badge, { code: row.outcome }),
        " ",
        row.detail || reason(row.outcome).meaning,
        " ",
        row.outcome !== "synced" &&
          h("span", { className: "text-muted" }, reason(row.outcome).todo || row.todo)
      ),
      h("p", null, say("since"), " ", h(Time, { at: row.since })),
      row.written.at > 0 &&
        h(
          "p",
          null,
          say("last written"),
          " ",
          h(Time, { at: row.written.at }),
          ": " + row.written.fields.map(page.pure.field).join(", ")
        ),
      h(
        "p",
        { className: "plexsync-line" },
        [item]
          .concat(others)
          .filter(Boolean)
          .map((number) => h(PlexLink, { key: number, item: number }))
      )
    );
  }

  function Preview({ scene }) {
    const answer = useAnswer(page.api.previewScene, { scene });
    return h(
      "div",
      null,
      h(Pending, { answer }),
      answer.value && h(page.Changes, { sample: answer.value })
    );
  }

  function Actions({ scene, row, again }) {
    const [open, setOpen] = useState("");
    const action = useAction();
    const act = (promise) => action.run(promise).then(again);
    const flip = (name) => setOpen(open === name ? "" : name);
    const done = () => {
      setOpen("");
      again();
    };
    return h(
      "div",
      null,
      h(
        "div",
        { className: "plexsync-line" },
        h(
          Button,
          { look: "primary", busy: action.busy, onClick: () => act(page.api.sync({ scene })) },
          say("sync now")
        ),
        h(
          Button,
          { "aria-expanded": open === "preview", onClick: () => flip("preview") },
          say("view preview")
        ),
        h(
          Button,
          { "aria-expanded": open === "choose", onClick: () => flip("choose") },
          say("choose item")
        ),
        h(
          Button,
          { busy: action.busy, onClick: () => act(page.api.ignore({ scene })) },
          say("ignore")
        ),
        h(
          Button,
          { busy: action.busy, onClick: () => act(page.api.pin({ scene, item: 0 })) },
          say("take back")
        ),
        h(
          Button,
          { "aria-expanded": open === "undo", onClick: () => flip("undo") },
          say("undo")
        ),
        h(Link, { to: to("overview") }, say("open page"))
      ),
      h(Failure, { text: action.failure }),
      action.value && h(page.Verdict, { verdict: action.value }),
      open === "preview" && h(Preview, { scene }),
      open === "undo" && h(page.UndoScene, { scene, onUndone: again, onDone: done }),
      open === "choose" &&
        h(page.ChooseFresh, {
          scene,
          stored: row ? row.candidates : [],
          onDone: done,
        })
    );
  }

  function SceneTab({ scene }) {
    const number = Number(scene.id);
    const answer = useAnswer(page.api.scenes, { scene: number });
    const { status } = useStatus(false);
    useEffect(() => {
      if (!status) page.watch.ask(); // the link to Plex Web needs the server
    }, []);
    const row = answer.value && answer.value.rows[0];
    return h(
      "div",
      { className: "plexsync" },
      h(Pending, { answer }),
      answer.value && h(Facts, { row }),
      h(Actions, { scene: number, row, again: answer.again })
    );
  }

  page.SceneTab = SceneTab;
})();
