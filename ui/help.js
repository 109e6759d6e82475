// Help: versions and places, the end of the log, the support file, documents and reasons.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, bytes, join } = page.words;
  const { h, useAnswer, useAction, Button, Failure, Pending, Notice, Badge, Table } = page.parts;
  const { useEffect, useRef, useState } = window.PluginApi.React;
  const texts = page.texts;
  const LINES = 200;

  function Facts({ status }) {
    if (!status) return null;
    const { server } = status;
    const facts = [
      [say("fact version"), status.version],
      [say("fact data"), status.data_dir],
      [say("fact worker"), say(status.worker_alive ? "worker runs" : "worker sleeps")],
      [say("fact server"), join(server.name, server.version, server.address)],
      [
        say("fact libraries"),
        status.libraries
          .filter(({ chosen }) => chosen)
          .map(({ title }) => title)
          .join(", "),
      ],
    ];
    return h(
      "dl",
      { className: "plexsync-facts" },
      facts
        .filter(([, value]) => value)
        .map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value)))
    );
  }

  function Log() {
    const answer = useAnswer(page.api.log, { lines: LINES });
    const end = useRef(null);
    useEffect(() => {
      if (end.current) end.current.scrollTop = end.current.scrollHeight;
    }, [answer.value]);
    return h(
      "div",
      null,
      h(
        "div",
        { className: "plexsync-line" },
        h("h3", null, say("log")),
        h(Button, { busy: answer.busy, onClick: answer.again }, say("refresh"))
      ),
      h(Pending, { answer }),
      answer.value &&
        h(
          "pre",
          {
            ref: end,
            className: "plexsync-log",
            tabIndex: 0,
            role: "region",
            "aria-label": say("log"),
          },
          answer.value.lines.join("\n") || say("log empty")
        )
    );
  }

  function Support() {
    const [names, setNames] = useState(false);
    const action = useAction();
    const make = () => action.run(page.api.support({ with_names: names }));
    const done = action.value;
    return h(
      "div",
      null,
      h("h3", null, say("support file")),
      h("p", null, say("support means")),
      h(
        "div",
        { className: "plexsync-line" },
        h(
          "div",
          { className: "custom-control custom-checkbox" },
          h("input", {
            id: "plexsync-names",
            type: "checkbox",
            className: "custom-control-input",
            checked: names,
            onChange: (event) => setNames(event.target.checked),
          }),
          h(
            "label",
            { className: "custom-control-label", htmlFor: "plexsync-names" },
            say("with names")
          )
        ),
        h(Button, { busy: action.busy, onClick: make }, say("make support"))
      ),
      h(Failure, { text: action.failure }),
      done &&
        h(Notice, {
          level: "success",
          text: say("support made", { path: done.path, size: bytes(done.bytes) }),
        })
    );
  }

  const Documents = () =>
    h(
      "div",
      null,
      h("h3", null, say("documents")),
      h(
        "ul",
        null,
        texts.documents.map(([name, file]) =>
          h(
            "li",
            { key: file },
            h(
              "a",
              { href: texts.documentsUrl + file, target: "_blank", rel: "noopener noreferrer" },
              name
            )
          )
        )
      )
    );

  const Reasons = () =>
    h(
      "div",
      null,
      h("h3", null, say("reasons")),
      h(Table, {
        label: say("reasons"),
        heads: [say("head outcome"), say("head meaning"), say("head todo")],
        empty: "",
        rows: Object.keys(texts.reasons).map((code) => ({
          key: code,
          cells: [h(Badge, { code }), texts.reasons[code].meaning, texts.reasons[code].todo],
        })),
      })
    );

  const Help = ({ state }) =>
    h(
      "div",
      null,
      h(Facts, { status: state.status }),
      h(page.SetupLink, { label: say("run setup again") }),
      h(Log),
      h(Support),
      h(page.Leave, { state }),
      h(Documents),
      h(Reasons)
    );

  page.Help = Help;
})();
