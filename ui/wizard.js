// The view Set-up: six steps, one of them open. It opens by itself from the Overview.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say } = page.words;
  const { h, useAnswer, Button, Busy, Failure, Notice, to } = page.parts;
  const { steps, firstStep, after, valuesOf } = page.setup;
  const { useEffect, useRef, useState } = window.PluginApi.React;
  const { Link, useHistory } = window.PluginApi.libraries.ReactRouterDOM;
  const NO_ACCOUNT = { state: "expired", account: "", server: "", sentence: "" };

  const BODIES = {
    "sign in": page.wizard.StepSignIn,
    server: page.wizard.StepServer,
    libraries: page.wizard.StepLibraries,
    paths: page.wizard.StepPaths,
    choices: page.wizard.StepChoices,
    try: page.wizard.StepTry,
  };
  // Their own button stores and goes on.
  const SAVING = ["libraries", "paths", "choices"];

  // A step's heading opens it; it takes the focus when the step before led here.
  function Heading({ step, at, isOpen, open }) {
    const button = useRef(null);
    const first = useRef(true);
    useEffect(() => {
      if (isOpen && !first.current && button.current) button.current.focus();
      first.current = false;
    }, [isOpen]);
    return h(
      "h3",
      { className: "plexsync-step" },
      h(
        "button",
        {
          type: "button",
          ref: button,
          className: "btn btn-link",
          "aria-expanded": isOpen,
          onClick: open,
        },
        say("step number", { n: at + 1, name: step.title })
      ),
      step.done && h("span", { className: "badge badge-success" }, say("step done"))
    );
  }

  function Footer({ step, next }) {
    if (!after(step.key)) return null;
    const saves = SAVING.includes(step.key) && !step.waits;
    const look = step.done && !saves ? "primary" : "secondary";
    return h(
      "div",
      { className: "plexsync-line" },
      h(Button, { look, onClick: next }, say(step.done && !saves ? "next" : "skip"))
    );
  }

  function Step({ step, at, isOpen, open, next, ...rest }) {
    return h(
      "li",
      { className: "card plexsync-block" },
      h(Heading, { step, at, isOpen, open }),
      step.known && h("div", { className: "mb-2 plexsync-path" }, step.known),
      isOpen && step.waits && h("p", null, say("server first")),
      isOpen && !step.waits && h(BODIES[step.key], { ...rest, next }),
      isOpen && h(Footer, { step, next })
    );
  }

  function Steps({ known, problem, learn, reload }) {
    const [seen, see] = useState([]);
    const list = steps(known, seen);
    const [opened, open] = useState(() => firstStep(list, problem));
    const nextOf = (key) => () => {
      see(seen.concat([key]));
      open(after(key));
    };
    const said = problem && list[1].done ? say("setup problem", { sentence: problem }) : "";
    return h(
      "ol",
      { className: "list-unstyled" },
      said && h("li", null, h(Notice, { text: said, level: "warning" })),
      list.map((step, at) =>
        h(Step, {
          key: step.key,
          step,
          at,
          isOpen: opened === step.key,
          open: () => open(opened === step.key ? "" : step.key),
          next: nextOf(step.key),
          known,
          learn,
          reload,
        })
      )
    );
  }

  // What the operations know; both are asked as soon as the view opens, which also begins to fetch
  // missing packages.
  function Wizard({ state }) {
    const { status } = state;
    const settings = useAnswer(page.api.settings, {});
    const asked = useAnswer(page.api.signInState, {});
    const [learnt, learn] = useState(null);
    const account = learnt || asked.value || (asked.failure ? NO_ACCOUNT : null);
    const isReady = settings.value && account && status;
    const waits = !settings.value && status && status.packages !== "ready";
    return h(
      "div",
      null,
      h("p", null, say("setup means")),
      !isReady && !settings.failure && h(Busy, { text: waits ? say("setup waits") : "" }),
      h(Failure, { text: settings.failure, again: settings.again }),
      h(Failure, { text: asked.failure, again: asked.again }),
      isReady &&
        h(Steps, {
          known: {
            values: valuesOf(settings.value.settings),
            account,
            server: status.server,
            lastSync: status.last_sync,
          },
          problem: status.setup[0] || "",
          learn,
          reload: settings.again,
        })
    );
  }

  // From the Overview the set-up opens once for each time that the page is loaded: the user may
  // leave it.
  let hasOpened = false;
  function useSetup(status) {
    const history = useHistory();
    const isOpen = Boolean(status && status.setup.length && !hasOpened);
    useEffect(() => {
      if (!isOpen) return;
      hasOpened = true;
      history.replace(to("setup"));
    }, [isOpen]);
  }

  const SetupLink = ({ look, label }) =>
    h(Link, { to: to("setup"), className: "btn btn-sm btn-" + (look || "secondary") }, label);

  page.Wizard = Wizard;
  page.useSetup = useSetup;
  page.SetupLink = SetupLink;
})();
