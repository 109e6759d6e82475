// Set-up, step 1: sign in with Plex, or type address and token.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, count } = page.words;
  const { h, useAction, Button, Busy, Confirm, Failure, Notice } = page.parts;
  const { useEffect, useState } = window.PluginApi.React;
  const EVERY = 2000;
  const INPUT = "form-control form-control-sm input-control";

  // Asks for the sign-in's state every two seconds while it is waited for and the tab is visible.
  function usePolling(isOn, learn) {
    const [failure, setFailure] = useState("");
    useEffect(() => {
      if (!isOn) return undefined;
      let live = true;
      let timer = 0;
      const ask = () =>
        page.api.signInState().then((answer) => {
          if (!live) return;
          setFailure(answer.failure);
          if (!answer.failure) learn(answer.value);
          plan();
        });
      const plan = () => {
        clearTimeout(timer);
        if (live && !document.hidden) timer = setTimeout(ask, EVERY);
      };
      const seen = () => {
        if (!document.hidden) ask();
      };
      document.addEventListener("visibilitychange", seen);
      plan();
      return () => {
        live = false;
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", seen);
      };
    }, [isOn]);
    return failure;
  }

  const NewTab = ({ href, children }) =>
    h("a", { href, target: "_blank", rel: "noopener noreferrer" }, children);

  function SignIn({ account, isTyped, learn }) {
    const action = useAction();
    const [isOpen, setOpen] = useState(false);
    const waits = isOpen && account.state === "waiting";
    const lost = usePolling(waits, learn);
    const begin = () =>
      action.run(page.api.signIn()).then(({ value, failure }) => {
        if (failure) return;
        learn({ ...account, state: "waiting", sentence: "" });
        setOpen(true);
        if (value.url) window.open(value.url, "_blank", "noopener,noreferrer");
      });
    const isIn = account.state === "signed_in" || account.server;
    const said = isOpen && !waits ? account.sentence : "";
    return h(
      "div",
      null,
      h("p", { className: "text-muted" }, say("sign in means")),
      h(
        "div",
        { className: "plexsync-line" },
        h(
          Button,
          { look: isIn || isTyped ? "secondary" : "primary", busy: action.busy, onClick: begin },
          say(isIn || waits ? "sign in again" : "sign in")
        ),
        waits && action.value && h(NewTab, { href: action.value.url }, say("open plex page"))
      ),
      waits && h(Busy, { text: account.sentence || say("sign in waits") }),
      h(Notice, {
        text: said,
        level: account.state === "signed_in" ? "success" : "warning",
        takesFocus: true,
      }),
      h(Failure, { text: action.failure || lost })
    );
  }

  // After signing out, its sentence stays.
  function SignOut({ isIn, learn }) {
    const action = useAction();
    useEffect(() => {
      if (isIn) action.forget();
    }, [isIn]);
    const leave = () =>
      action.run(page.api.signOut()).then((answer) => {
        if (!answer.failure) learn({ state: "expired", account: "", server: "", sentence: "" });
      });
    const { sentence, devices } = action.value || {};
    return h(
      "div",
      null,
      isIn &&
        h(Confirm, {
          label: say("sign out"),
          question: say("sign out?"),
          yes: say("sign out"),
          busy: action.busy,
          onYes: leave,
        }),
      sentence && h(Notice, { text: sentence, level: "success", takesFocus: true }),
      devices && h("p", null, h(NewTab, { href: devices }, say("remove device"))),
      h(Failure, { text: action.failure })
    );
  }

  // Saves what was typed and asks Plex for its libraries with it.
  async function saveAndTest(values) {
    const { value, failure } = await page.api.save(values);
    if (failure) return { value: null, failure };
    const problem = Object.keys(value.problems).map((key) => value.problems[key])[0];
    if (problem) return { value: null, failure: problem };
    const tested = await page.api.libraries();
    if (tested.failure) {
      return { value: "stored", failure: say("typed fails", { sentence: tested.failure }) };
    }
    const libraries = count(tested.value.length, "library");
    return { value: say("typed works", { libraries }), failure: "" };
  }

  const Field = ({ id, label, ...rest }) =>
    h(
      "div",
      { className: "form-group mb-2" },
      h("label", { htmlFor: id, className: "mb-0" }, label),
      h("input", { id, className: INPUT, maxLength: 500, ...rest })
    );

  function Typed({ values, reload }) {
    const [url, setUrl] = useState(values.plex_url || "");
    const [token, setToken] = useState("");
    const action = useAction();
    const isSet = values.plex_token === "set";
    const submit = (event) => {
      event.preventDefault();
      const typed = token ? { plex_url: url, plex_token: token } : { plex_url: url };
      action.run(saveAndTest(typed)).then((answer) => answer.value && reload());
    };
    return h(
      "form",
      { onSubmit: submit, className: "plexsync-typed" },
      h("p", { className: "text-muted" }, say("type means")),
      h(Field, {
        id: "plexsync-setup-url",
        label: say("field address"),
        value: url,
        placeholder: say("address placeholder"),
        onChange: (event) => setUrl(event.target.value),
      }),
      h(Field, {
        id: "plexsync-setup-token",
        label: say("field token"),
        type: "password",
        autoComplete: "new-password",
        value: token,
        placeholder: isSet ? say("token kept") : "",
        onChange: (event) => setToken(event.target.value),
      }),
      h(
        Button,
        { look: "primary", type: "submit", busy: action.busy, disabled: !url || !(token || isSet) },
        say("save and test")
      ),
      action.busy && h(Busy),
      h(Failure, { text: action.failure }),
      !action.failure && h(Notice, { text: action.value, level: "success", takesFocus: true })
    );
  }

  // A sign-in is of no use while an address or token is typed.
  function TypedWins({ reload }) {
    const action = useAction();
    const empty = () =>
      action.run(page.api.save({ plex_url: "", plex_token: "" })).then((answer) => {
        if (!answer.failure) reload();
      });
    return h(
      "div",
      { className: "plexsync-line" },
      h("span", null, say("typed wins")),
      h(Button, { busy: action.busy, onClick: empty }, say("empty typed")),
      h(Failure, { text: action.failure })
    );
  }

  function StepSignIn({ known, learn, reload }) {
    const { account, values } = known;
    const isIn = account.state === "signed_in" || account.server;
    const isTyped = page.setup.namesPlex(values);
    return h(
      "div",
      null,
      h(SignIn, { account, isTyped, learn }),
      isIn && isTyped && h(TypedWins, { reload }),
      h(SignOut, { isIn: Boolean(isIn), learn }),
      h(
        "details",
        { open: isTyped && !isIn },
        h("summary", null, say("type instead")),
        h(Typed, { values, reload })
      )
    );
  }

  page.wizard = { ...page.wizard, NewTab, TypedWins, StepSignIn };
})();
