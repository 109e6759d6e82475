// The page, and its places in Stash. Each place is registered by itself: what an older server
// lacks is left out.
(function () {
  "use strict";
  const page = window.PlexSyncPage;
  if (!page.parts) return;
  const { say, count, grouped, needsScenes } = page.words;
  const { HOME, h, useStatus, Failure, to } = page.parts;
  const PluginApi = window.PluginApi;
  const { Fragment, useEffect, useRef, useState } = PluginApi.React;
  const { Link, NavLink, useLocation } = PluginApi.libraries.ReactRouterDOM;
  const { Bootstrap } = PluginApi.libraries;
  const PLUGIN = "PlexSync";
  const TAB = "plexsync-panel";

  const VIEWS = {
    setup: page.Wizard,
    overview: page.Overview,
    needs: page.Needs,
    scenes: page.Scenes,
    preview: page.Preview,
    settings: page.Settings,
    help: page.Help,
  };

  // The page.

  const Needed = ({ n }) =>
    n > 0 && h("span", { className: "badge badge-warning ml-1" }, grouped(n));

  // The set-up has a tab while it is open or incomplete.
  const tabs = (shown, status) =>
    Object.keys(VIEWS).filter(
      (view) => view !== "setup" || shown === view || (status && status.setup.length > 0)
    );

  const Tabs = ({ shown, status }) =>
    h(
      "nav",
      { "aria-label": page.texts.name },
      h(
        "ul",
        { className: "nav nav-tabs plexsync-nav" },
        tabs(shown, status).map((view) =>
          h(
            "li",
            { key: view, className: "nav-item" },
            h(
              Link,
              {
                to: to(view),
                className: "nav-link" + (view === shown ? " active" : ""),
                "aria-current": view === shown ? "page" : undefined,
              },
              say("view " + view),
              view === "needs" && h(Needed, { n: status ? needsScenes(status) : 0 })
            )
          )
        )
      )
    );

  // The heading takes the focus when the view changes, so that a screen reader reads on there.
  function Heading({ view }) {
    const heading = useRef(null);
    const first = useRef(true);
    useEffect(() => {
      if (!first.current && heading.current) heading.current.focus();
      first.current = false;
    }, [view]);
    return h(
      "h2",
      { ref: heading, tabIndex: -1, className: "plexsync-title" },
      say("view " + view)
    );
  }

  function useTitle(text) {
    useEffect(() => {
      const before = document.title;
      document.title = text;
      return () => {
        document.title = before;
      };
    }, [text]);
  }

  // A view that cannot be drawn leaves the others working.
  class Guard extends PluginApi.React.Component {
    constructor(props) {
      super(props);
      this.state = { text: "" };
    }

    static getDerivedStateFromError(error) {
      return { text: say("view failed", { error: String((error && error.message) || error) }) };
    }

    render() {
      const { text } = this.state;
      if (!text) return this.props.children;
      return h(Failure, { text, again: () => this.setState({ text: "" }) });
    }
  }

  function Page() {
    const query = new URLSearchParams(useLocation().search);
    const asked = query.get("view");
    const view = asked in VIEWS ? asked : "overview";
    const state = useStatus(true);
    useTitle(say("view " + view) + " | " + page.texts.name);
    return h(
      "div",
      { className: "plexsync" },
      h(Tabs, { shown: view, status: state.status }),
      h(Heading, { view }),
      h(Failure, { text: state.failure, again: page.watch.ask }),
      h(page.tasks.Jobs, { state }),
      h(Guard, { key: view }, h(VIEWS[view], { state, query }))
    );
  }

  // Places in Stash.

  function Icon() {
    const Drawn = PluginApi.components.Icon;
    const { faTv } = PluginApi.libraries.FontAwesomeSolid || {};
    return Drawn && faTv ? h(Drawn, { icon: faTv }) : h("span", null, "Plex");
  }

  function TopBarItem() {
    const { n, view } = useStatus(false).badge;
    const label = page.texts.name + (n ? ": " + count(n, "thing_needs") : "");
    return h(
      NavLink,
      { className: "nav-utility", exact: true, to: to(view) },
      h(
        "button",
        {
          type: "button",
          tabIndex: -1,
          title: label,
          "aria-label": label,
          className: "minimal d-flex align-items-center h-100 btn btn-primary plexsync-icon",
        },
        h(Icon),
        n > 0 && h("span", { className: "badge badge-warning" }, grouped(n))
      )
    );
  }

  // A row as Stash draws its settings.
  const Row = ({ heading, about }) =>
    h(
      "div",
      { className: "setting" },
      h("div", null, h("h3", null, heading), h("div", { className: "sub-heading" }, about)),
      h("div", null)
    );

  // Stash has two sections of tools; the first of our two cards shows itself.
  let owner = null;
  function ToolsCard() {
    const [me] = useState({});
    const [isShown, setShown] = useState(false);
    useEffect(() => {
      if (!owner) owner = me;
      setShown(owner === me);
      return () => {
        if (owner === me) owner = null;
      };
    }, []);
    if (!isShown) return null;
    const heading = h(
      Link,
      { to: HOME },
      h("button", { type: "button", tabIndex: -1, className: "btn btn-primary" }, page.texts.name)
    );
    return h(Row, { heading, about: say("tools card") });
  }

  const SettingsLink = () =>
    h(Row, {
      heading: h(Link, { to: to("settings") }, say("open page")),
      about: say("open page means"),
    });

  const SceneTabItem = () =>
    h(Bootstrap.Nav.Item, null, h(Bootstrap.Nav.Link, { eventKey: TAB }, "Plex"));

  const ScenePane = ({ scene }) =>
    h(
      Bootstrap.Tab.Pane,
      { eventKey: TAB, mountOnEnter: true },
      h(Guard, null, h(page.SceneTab, { key: scene.id, scene }))
    );

  // A `before` patch that puts one more child after the others.
  const adding =
    (child) =>
    (props, ...rest) =>
      [{ ...props, children: h(Fragment, null, props.children, child(props)) }, ...rest];

  function sorted(props, ...rest) {
    if (!props || props.pluginID !== PLUGIN || !Array.isArray(props.settings))
      return [props, ...rest];
    return [{ ...props, settings: page.pure.sortSettings(props.settings) }, ...rest];
  }

  // An `after` patch gets the arguments and, last, what was rendered.
  function linked(props, ...rest) {
    const rendered = rest[rest.length - 1];
    if (!props || props.pluginID !== PLUGIN) return rendered;
    return h(Fragment, null, h(SettingsLink), rendered);
  }

  function attempt(register) {
    try {
      register();
    } catch (error) {
      // An older server lacks this place.
    }
  }

  const { register, patch } = PluginApi;
  attempt(() => register.route(HOME, Page));
  attempt(() =>
    patch.before(
      "MainNavBar.UtilityItems",
      adding(() => h(TopBarItem))
    )
  );
  attempt(() =>
    patch.before(
      "SettingsToolsSection",
      adding(() => h(ToolsCard))
    )
  );
  attempt(() => patch.before("PluginSettings", sorted));
  attempt(() => patch.after("PluginSettings", linked));
  attempt(() =>
    patch.before(
      "ScenePage.Tabs",
      adding(() => h(SceneTabItem))
    )
  );
  attempt(() =>
    patch.before(
      "ScenePage.TabContent",
      adding(({ scene }) => h(ScenePane, { scene }))
    )
  );
})();
