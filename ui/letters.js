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

  const candidateText = ({ title, file, evidence }) =>
    join(title, file && "(" + file + ")") + (evidence.length ? ": " + evidence.join(", ") : "");

  function Story({ job }) {
    const answer = useAnswer(page.api.letter, { job });
    const letter = answer.value;
    if (!letter) return h(Pending, { answer });
    return h(
      "div",
      null,
      h("p", null, join(letter.meaning, reason(letter.reason).todo || letter.todo)),
      h(Facts, {
        facts: [
          [say("fact error"), join(letter.error_type && letter.error_type + ":", letter.message)],
          [say("fact fields"), letter.fields.map(page.pure.field).join(", ")],
          [say("fact item"), letter.item ? h(PlexLink, { item: letter.item }) : ""],
          [say("fact candidates"), letter.candidates.map(candidateText).join("; ")],
          [say("fact queued"), letter.enqueued_at ? h(Time, { at: letter.enqueued_at }) : ""],
          [say("fact failed"), letter.failed_at ? h(Time, { at: letter.failed_at }) : ""],
          ...letter.evidence.map(([name, value]) => [page.pure.field(name), value]),
        ],
      }),
      letter.trace && h("pre", { className: "plexsync-log", tabIndex: 0 }, letter.trace)
    );
  }

  const Head = ({ letter }) => {
    const { job, scene, title } = letter;
    return h(
      "div",
      null,
      h(
        "h4",
        null,
        scene > 0 ? h(SceneLink, { scene, title }) : say("letter number", { job }),
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
      )
    );
  };

  function Choice({ job, setResult }) {
    const action = useAction();
    const act = (promise, text) =>
      action.run(promise).then((answer) => !answer.failure && setResult(text));
    return h(
      "div",
      { className: "plexsync-line" },
      h(
        Button,
        {
          busy: action.busy,
          onClick: () => act(page.api.retry({ job }), say("letter retried")),
          "aria-label": say("retry letter", { job }),
        },
        say("try again")
      ),
      h(
        Button,
        {
          busy: action.busy,
          onClick: () => act(page.api.dismiss({ job }), say("letter dismissed")),
          "aria-label": say("dismiss letter", { job }),
        },
        say("dismiss")
      ),
      h(Failure, { text: action.failure })
    );
  }

  function Letter({ letter, result, setResult }) {
    const [opened, setOpened] = useState(false);
    const { job, scene, title } = letter;
    return h(
      "li",
      { className: "card plexsync-row" },
      scene > 0 && h(Cover, { scene }),
      h(
        "div",
        { className: "plexsync-grow" },
        h(Head, { letter }),
        h(
          "div",
          { className: "plexsync-line" },
          h(
            Button,
            { "aria-expanded": opened, onClick: () => setOpened(!opened) },
            say(opened ? "close" : "details")
          ),
          !result && h(Choice, { job, setResult })
        ),
        h(Notice, { text: result, level: "success", takesFocus: true }),
        opened && h(Story, { job })
      )
    );
  }

  // The results of this visit. A letter that was decided stays until the view is left.
  function useResults(letters) {
    const [decided, setDecided] = useState([]);
    const isThere = ({ letter }) => letters.some((other) => other.job === letter.job);
    const gone = decided.filter((entry) => !isThere(entry)).map(({ letter }) => letter);
    const resultOf = ({ job }) => {
      const found = decided.find(({ letter }) => letter.job === job);
      return found ? found.text : "";
    };
    const setResult = (letter) => (text) => setDecided((old) => old.concat([{ letter, text }]));
    return { shown: letters.concat(gone), resultOf, setResult };
  }

  function Letters({ letters, total }) {
    const { shown, resultOf, setResult } = useResults(letters);
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
      shown.length
        ? h(
            "ul",
            { className: "list-unstyled" },
            shown.map((letter) =>
              h(Letter, {
                key: letter.job,
                letter,
                result: resultOf(letter),
                setResult: setResult(letter),
              })
            )
          )
        : h("p", null, say("nothing here"))
    );
  }

  page.Letters = Letters;
})();
