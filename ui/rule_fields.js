// The controls of the rules: the title's template with its preview, and a switch for each field.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say } = page.words;
  const { h, Failure } = page.parts;
  const { isListed, toggle, field } = page.pure;
  const { useEffect, useState } = window.PluginApi.React;
  // Typing has stopped when nothing was typed for so many milliseconds.
  const PAUSE = 500;

  // The titles that a template gives. An answer to an older template is never shown, and its
  // request is given up.
  function useTitles(template) {
    const [state, setState] = useState({ asked: null, titles: [], problem: "", failure: "" });
    useEffect(() => {
      const stop = new AbortController();
      const timer = setTimeout(() => {
        page.api.previewTitles({ template, stop }).then(({ value, failure }) => {
          if (stop.signal.aborted) return;
          setState((old) => ({ ...old, ...value, asked: template, failure }));
        });
      }, PAUSE);
      return () => {
        clearTimeout(timer);
        stop.abort();
      };
    }, [template]);
    return { ...state, isStale: state.asked !== template };
  }

  function Titles({ template }) {
    const { titles, problem, failure, isStale } = useTitles(template);
    const row = ({ scene, title, after }) =>
      h(
        "li",
        { key: scene },
        title || say("scene number", { scene }),
        " ⇒ ",
        after || h("span", { className: "text-muted" }, say("title stays"))
      );
    return h(
      "div",
      { className: "small", role: "status", "aria-busy": isStale },
      h(Failure, { text: failure }),
      problem && !isStale && h("div", { className: "text-danger" }, problem),
      h(
        "ul",
        { className: "list-unstyled mb-0", "aria-label": say("title preview") },
        titles.map(row)
      )
    );
  }

  // Scenes are asked for once the field was used.
  function Template(props) {
    const [isUsed, setUsed] = useState(false);
    return h(
      "div",
      { onFocus: () => setUsed(true) },
      h(page.fields.Text, props),
      isUsed && h(Titles, { template: props.value })
    );
  }

  // A switch for each field; a name that is no field stays visible, to be switched off.
  function SkippedFields({ id, setting, value, change, described }) {
    const known = setting.choices.join(";");
    const unknown = page.pure.parseList(value).filter((name) => !isListed(known, name));
    const box = (name) =>
      h(
        "div",
        { key: name, className: "custom-control custom-switch" },
        h("input", {
          id: id + "-" + name,
          type: "checkbox",
          className: "custom-control-input",
          checked: isListed(value, name),
          onChange: (event) => change(toggle(value, name, event.target.checked)),
        }),
        h(
          "label",
          { className: "custom-control-label", htmlFor: id + "-" + name },
          page.texts.skippedFields[name] || field(name)
        )
      );
    return h(
      "div",
      { id, role: "group", "aria-label": setting.title, "aria-describedby": described },
      setting.choices.concat(unknown).map(box)
    );
  }

  Object.assign(page.fields.controls, { template: Template, fields: SkippedFields });
})();
