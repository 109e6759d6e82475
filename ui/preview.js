// Preview: before and after of one scene, or of the whole library as the task found it.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, count, grouped, shares } = page.words;
  const {
    h,
    useAnswer,
    useAction,
    Button,
    Failure,
    Notice,
    Pending,
    CountedBar,
    Cover,
    SceneLink,
    Pager,
    Time,
    to,
  } = page.parts;
  const { useEffect, useRef, useState } = window.PluginApi.React;
  const { Link, useHistory } = window.PluginApi.libraries.ReactRouterDOM;
  const { TaskButton } = page.tasks;
  const { tasks } = page.texts;

  function SceneForm({ scene }) {
    const history = useHistory();
    const [text, setText] = useState(scene ? String(scene) : "");
    const number = page.pure.sceneNumber(text);
    const submit = (event) => {
      event.preventDefault();
      if (number) history.push(to("preview", { scene: number }));
    };
    return h(
      "form",
      { className: "plexsync-line", onSubmit: submit },
      h("label", { htmlFor: "plexsync-scene", className: "mb-0" }, say("one scene")),
      h("input", {
        id: "plexsync-scene",
        className: "form-control form-control-sm input-control plexsync-short",
        placeholder: say("scene placeholder"),
        value: text,
        onChange: (event) => setText(event.target.value),
      }),
      h(Button, { type: "submit", disabled: !number }, say("view preview"))
    );
  }

  const hasChanges = (sample) =>
    !sample.reason && sample.items.some((item) => item.changes.length || item.images.length);

  const { CHOOSABLE } = page;

  function ScenePreview({ scene }) {
    const answer = useAnswer(page.api.previewScene, { scene });
    const action = useAction();
    const sample = answer.value;
    const apply = () => action.run(page.api.sync({ scene })).then(answer.again);
    if (!sample) return h(Pending, { answer });
    return h(
      "div",
      null,
      h(Pending, { answer }),
      h(
        "div",
        { className: "plexsync-line" },
        h(Cover, { scene }),
        h("h3", null, h(SceneLink, { scene, title: sample.title }))
      ),
      h(page.Changes, { sample }),
      h(
        "div",
        { className: "plexsync-line" },
        hasChanges(sample) &&
          h(Button, { look: "primary", busy: action.busy, onClick: apply }, say("apply")),
        h(Button, { busy: answer.busy, onClick: answer.again }, say("refresh")),
        h(Link, { to: to("preview") }, say("whole library"))
      ),
      h(Failure, { text: action.failure }),
      action.value && h(page.Verdict, { verdict: action.value }),
      CHOOSABLE.includes(sample.reason) &&
        h(page.Choose, {
          scene,
          candidates: sample.candidates,
          onDone: answer.again,
        })
    );
  }

  function Summary({ result }) {
    const facts = [
      say("would write", { items: count(result.would_write, "item") }),
      result.unchanged ? say("unchanged", { items: count(result.unchanged, "item") }) : "",
      result.images ? say("images", { images: count(result.images, "image") }) : "",
    ];
    const fields = Object.keys(result.fields)
      .sort((a, b) => result.fields[b] - result.fields[a])
      .map((name) => page.pure.field(name) + " " + grouped(result.fields[name]));
    return h(
      "div",
      null,
      h(
        "p",
        null,
        h("strong", null, facts.filter(Boolean).join(" ")),
        " ",
        h(
          "span",
          { className: "text-muted" },
          say("made of", { scenes: count(result.scenes, "scene") }),
          " ",
          h(Time, { at: result.at })
        )
      ),
      fields.length > 0 && h("p", null, say("changed fields"), " ", fields.join(", "), ".")
    );
  }

  const Skipped = ({ reasons }) => {
    const counted = shares(reasons);
    return (
      counted.length > 0 &&
      h(
        "div",
        null,
        h("h3", null, say("left out")),
        h(CountedBar, { shares: counted, linkTo: (code) => to("scenes", { outcome: code }) })
      )
    );
  };

  const namesOf = ({ items }) =>
    [...new Set([].concat(...items.map(changedNames)))].map(page.pure.field).join(", ");

  const changedNames = (item) => item.changes.map((change) => change.field).concat(item.images);

  // A scene of the result: the names of its changed fields, and all of them when it is opened.
  function Sample({ sample, isFirst }) {
    const [opened, setOpened] = useState(isFirst);
    const names = namesOf(sample);
    return h(
      "li",
      { className: "card plexsync-row" },
      h(Cover, sample),
      h(
        "div",
        { className: "plexsync-grow" },
        h("h4", null, h(SceneLink, sample)),
        h(
          "div",
          { className: "plexsync-line" },
          names &&
            h(
              Button,
              {
                "aria-expanded": opened,
                onClick: () => setOpened(!opened),
                "aria-label": say("details of", { name: sample.title }),
              },
              say(opened ? "close" : "details")
            ),
          names && h("span", { className: "text-muted" }, names)
        ),
        (opened || !names) && h(page.Changes, { sample })
      )
    );
  }

  function Samples({ result, turn }) {
    if (!result.samples.length) return null;
    const pager =
      result.pages > 1 &&
      h(Pager, {
        text: say("page of", { page: result.page + 1, pages: result.pages }),
        back: result.page > 0 ? () => turn(result.page - 1) : null,
        next: result.page + 1 < result.pages ? () => turn(result.page + 1) : null,
      });
    return h(
      "div",
      null,
      h("h3", null, say("scenes and changes")),
      pager,
      h(
        "ul",
        { className: "list-unstyled" },
        result.samples.map((sample, at) => h(Sample, { key: sample.scene, sample, isFirst: !at }))
      ),
      result.not_shown > 0 &&
        h(
          "p",
          { className: "text-muted" },
          say("not shown", { scenes: count(result.not_shown, "scene") })
        ),
      pager
    );
  }

  const RunButtons = ({ result }) =>
    h(
      "div",
      { className: "plexsync-line" },
      h(TaskButton, { task: tasks.preview, label: say("run preview"), look: "primary" }),
      result &&
        result.would_write > 0 &&
        h(TaskButton, {
          task: tasks.all,
          label: say("apply all"),
          question: say("apply all?", { items: count(result.would_write, "item") }),
        })
    );

  function LibraryPreview({ state }) {
    const [turned, turn] = useState(0);
    const answer = useAnswer(page.api.previewPage, { page: turned });
    const ended = state.ended;
    const first = useRef(ended);
    useEffect(() => {
      if (ended && ended !== first.current && ended.task === tasks.preview) answer.again();
    }, [ended]);
    return h(
      "div",
      null,
      h("p", null, say("preview means")),
      h(RunButtons, { result: answer.value }),
      answer.busy && !answer.value && h(Pending, { answer }),
      answer.failure && h(Notice, { text: answer.failure }),
      answer.value && h(Summary, { result: answer.value }),
      answer.value && h(Skipped, { reasons: answer.value.reasons }),
      answer.value && h(Samples, { result: answer.value, turn })
    );
  }

  function Preview({ state, query }) {
    const scene = page.pure.sceneNumber(query.get("scene") || "");
    return h(
      "div",
      null,
      h(SceneForm, { key: scene, scene }),
      scene ? h(ScenePreview, { key: scene, scene }) : h(LibraryPreview, { state })
    );
  }

  page.ScenePreview = ScenePreview;
  page.Preview = Preview;
})();
