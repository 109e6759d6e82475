// Dead letters: edits that Plex refused or that failed too often.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, reason, count, grouped, join } = page.words;
  const {
    h,
    useAnswer,
    useAction,
    Button,
    Failure,
    Pending,
    Notice,
    Badge,
    Cover,
    SceneLink,
    Time,
    PlexLink,
  } = page.parts;
  const { useState } = window.PluginApi.React;
  const { TaskButton } = page.tasks;

  const Facts = ({ facts }) =>
    h(
      "dl",
      { className: "plexsync-facts" },
      facts
        .filter(([, value]) => value)
        .map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value)))
    );

  function Story({ job }) {
    const answer = useAnswer(page.api.letter, { job });
    const letter = answer.value;
    if (!letter) return h(Pending, { answer });
    return h(
      "div",
      null,
      h("p", null, join(letter.meaning, letter.todo)),
      h(Facts, {
        facts: [
          [say("fact error"), join(letter.error_type && letter.error_type + ":", letter.message)],
          [say("fact fields"), letter.fields.map(page.pure.field).join(", ")],
          [say("fact item"), letter.item ? h(PlexLink, { item: letter.item }) : ""],
          [say("fact queued"), letter.enqueued_at ? h(Time, { at: letter.enqueued_at }) : ""],
          [say("fact failed"), letter.failed_at ? h(Time, { at: letter.failed_at }) : ""],
          ...letter.evidence.map(([name, value]) => [page.pure.field(name), value]),
        ],
      }),
      letter.trace && h("pre", { className: "plexsync-log", tabIndex: 0 }, letter.trace)
    );
  }

  function Letter({ letter }) {
    const [opened, setOpened] = useState(false);
    const action = useAction();
    const [result, setResult] = useState("");
    const { job, scene } = letter;
    const act = (promise, text) =>
      action.run(promise).then((answer) => !answer.failure && setResult(text));
    return h(
      "li",
      { className: "card plexsync-row" },
      scene > 0 && h(Cover, { scene }),
      h(
        "div",
        { className: "plexsync-grow" },
        h(
          "h4",
          null,
          scene > 0 ? h(SceneLink, { scene }) : say("letter number", { job }),
          " ",
          h(Badge, { code: letter.reason })
        ),
        h(
          "p",
          { className: "mb-1" },
          letter.message || reason(letter.reason).meaning,
          " ",
          h(
            "span",
            { className: "text-muted" },
            count(letter.attempts, "attempt"),
            ", ",
            h(Time, { at: letter.at })
          )
        ),
        h(
          "div",
          { className: "plexsync-line" },
          h(
            Button,
            { "aria-expanded": opened, onClick: () => setOpened(!opened) },
            say(opened ? "close" : "details")
          ),
          !result &&
            h(
              Button,
              {
                busy: action.busy,
                onClick: () => act(page.api.retry({ job }), say("letter retried")),
                "aria-label": say("retry letter", { job }),
              },
              say("try again")
            ),
          !result &&
            h(
              Button,
              {
                busy: action.busy,
                onClick: () => act(page.api.dismiss({ job }), say("letter dismissed")),
                "aria-label": say("dismiss letter", { job }),
              },
              say("dismiss")
            )
        ),
        h(Failure, { text: action.failure }),
        h(Notice, { text: result }),
        opened && h(Story, { job })
      )
    );
  }

  function Letters({ letters, total }) {
    return h(
      "div",
      null,
      h("p", null, say("letters mean")),
      h(
        "div",
        { className: "plexsync-line" },
        h(TaskButton, { task: page.texts.tasks.retry, label: say("retry all") })
      ),
      total > letters.length &&
        h(
          "p",
          { className: "text-muted" },
          say("newest letters", { n: grouped(letters.length), total: grouped(total) })
        ),
      letters.length
        ? h(
            "ul",
            { className: "list-unstyled" },
            letters.map((letter) => h(Letter, { key: letter.job, letter }))
          )
        : h("p", null, say("nothing here"))
    );
  }

  page.Letters = Letters;
})();
