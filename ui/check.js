// Check Set-up, with its findings in place: what is wrong comes first.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, join } = page.words;
  const { h, useAction, Button, Failure, Busy, Notice } = page.parts;

  const isFine = (finding) => finding.level === "fine";

  const Finding = ({ finding }) =>
    h(
      "li",
      { className: isFine(finding) ? "text-muted" : "" },
      isFine(finding) ? finding.what : h("strong", null, join(finding.what, finding.todo))
    );

  function Findings({ findings }) {
    const wrong = findings.filter((finding) => !isFine(finding));
    const sorted = wrong.concat(findings.filter(isFine));
    return h(
      "div",
      null,
      !wrong.length && h(Notice, { level: "success", text: say("check fine") }),
      h(
        "ul",
        { className: "small", "aria-label": say("check found") },
        sorted.map((finding, at) => h(Finding, { key: at, finding }))
      )
    );
  }

  function Check() {
    const action = useAction();
    const run = () => action.run(page.api.check());
    return h(
      "div",
      null,
      h(
        "div",
        { className: "plexsync-line" },
        h(Button, { busy: action.busy, onClick: run }, page.texts.tasks.check),
        h("span", { className: "text-muted small" }, say("check means"))
      ),
      action.busy && h(Busy),
      h(Failure, { text: action.failure, again: run }),
      action.value && h(Findings, action.value)
    );
  }

  page.Check = Check;
})();
