// Needs you: what only the user can decide, one group at a time.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, needs, reason, grouped, count } = page.words;
  const {
    h,
    useAnswer,
    useAction,
    Button,
    Failure,
    Pending,
    Confirm,
    Cover,
    Path,
    SceneLink,
    Busy,
    usePages,
    PlexLink,
    to,
  } = page.parts;
  const { useRef, useState } = window.PluginApi.React;
  const { Link } = window.PluginApi.libraries.ReactRouterDOM;
  const PER_PAGE = 25;
  const { CHOOSABLE } = page;

  const groupName = (code) => (code === "letters" ? say("dead letters") : reason(code).name);

  const Groups = ({ groups, shown }) =>
    h(
      "ul",
      { className: "nav nav-pills plexsync-groups", "aria-label": say("groups") },
      groups.map(({ code, n }) =>
        h(
          "li",
          { key: code, className: "nav-item" },
          h(
            Link,
            {
              to: to("needs", { group: code }),
              className: "nav-link" + (code === shown ? " active" : ""),
              "aria-current": code === shown ? "true" : undefined,
            },
            groupName(code),
            " ",
            h("span", { className: "badge badge-light" }, grouped(n))
          )
        )
      )
    );

  function RowButtons({ row, opened, setOpened, done }) {
    const action = useAction();
    const scene = row.scene;
    const act = (promise) =>
      action.run(promise).then((answer) => !answer.failure && done(answer.value));
    const name = row.title || say("scene number", { scene });
    return h(
      "div",
      { className: "plexsync-line" },
      h(
        Button,
        { "aria-expanded": opened, onClick: () => setOpened(!opened) },
        say(opened ? "close" : CHOOSABLE.includes(row.outcome) ? "choose item" : "details")
      ),
      h(
        Button,
        {
          busy: action.busy,
          onClick: () => act(page.api.sync({ scene })),
          "aria-label": say("try again for", { name }),
        },
        say("try again")
      ),
      h(
        Button,
        {
          busy: action.busy,
          onClick: () => act(page.api.ignore({ scene })),
          "aria-label": say("ignore scene", { name }),
        },
        say("ignore")
      ),
      h(Failure, { text: action.failure })
    );
  }

  const Sentences = ({ row }) =>
    h(
      "p",
      { className: "mb-1" },
      row.detail || reason(row.outcome).meaning,
      " ",
      h("span", { className: "text-muted" }, reason(row.outcome).todo || row.todo)
    );

  const itemsOf = (row) => [...new Set([row.item].concat(row.items))].filter(Boolean);

  function Row({ row }) {
    const [opened, setOpened] = useState(false);
    const [result, setResult] = useState(null);
    const done = (value) => {
      setOpened(false);
      setResult(value);
    };
    return h(
      "li",
      { className: "card plexsync-row" },
      h(Cover, row),
      h(
        "div",
        { className: "plexsync-grow" },
        h("h4", null, h(SceneLink, row)),
        h(Path, row),
        result ? h(page.Verdict, { verdict: result }) : h(Sentences, { row }),
        itemsOf(row).map((item) =>
          h("span", { key: item, className: "mr-2" }, h(PlexLink, { item }))
        ),
        !result && h(RowButtons, { row, opened, setOpened, done }),
        opened && h(page.ChooseFresh, { scene: row.scene, stored: row.candidates, onDone: done })
      )
    );
  }

  function IgnoreAll({ rows, again }) {
    const action = useAction();
    const ignore = () =>
      action
        .run(page.api.ignore({ scenes: rows.map((row) => row.scene) }))
        .then((answer) => !answer.failure && again());
    return h(
      "div",
      { className: "plexsync-line" },
      h(Confirm, {
        label: say("ignore all"),
        yes: say("ignore"),
        busy: action.busy,
        onYes: ignore,
        question: say("ignore all?", { scenes: count(rows.length, "scene") }),
      }),
      h("span", { className: "small text-muted" }, say("ignore means")),
      h(Failure, { text: action.failure })
    );
  }

  function Scenes({ code }) {
    const pages = usePages(PER_PAGE);
    const answer = useAnswer(page.api.scenes, { outcome: code, ...pages.args });
    if (!answer.value) return h(Pending, { answer });
    const { rows } = answer.value;
    return h(
      "div",
      null,
      h(Pending, { answer }),
      rows.length ? h(IgnoreAll, { rows, again: answer.again }) : h("p", null, say("nothing here")),
      h(
        "ul",
        { className: "list-unstyled" },
        rows.map((row) => h(Row, { key: row.scene + "-" + row.since, row }))
      ),
      pages.pager(answer.value)
    );
  }

  function Needs({ state, query }) {
    const { status } = state;
    const kept = useRef("");
    if (!status) return state.failure ? null : h(Busy);
    const groups = needs(status);
    const asked = query.get("group");
    // The first group stays while its last scene is decided.
    kept.current = asked || kept.current || (groups.length ? groups[0].code : "");
    const shown = kept.current;
    if (!shown) return h("div", { className: "alert alert-success" }, say("nothing needs you"));
    return h(
      "div",
      null,
      h(Groups, { groups, shown }),
      shown === "letters"
        ? h(page.Letters, { letters: status.letters, total: status.failed })
        : h(Scenes, { key: shown, code: shown })
    );
  }

  page.Needs = Needs;
})();
