// Pure: what is known of each step of the set-up, and what a step stores.
(function (root) {
  "use strict";
  const page = root.PlexSyncPage;
  const { say } = page.words;
  const { joinList, joinRules, parseRules } = page.pure;

  const STEPS = ["sign in", "server", "libraries", "paths", "choices", "try"];
  const SYNCABLE = ["movie", "show"];

  // The switches in plain words. `inverse`: the setting leaves the field out.
  const CHOICES = [
    { name: "ratings", key: "skip_rating", inverse: true },
    { name: "posters", key: "skip_posters", inverse: true },
    { name: "collections", key: "skip_studio_collections", inverse: true },
    { name: "keep", key: "preserve_plex_edits", inverse: false },
  ];

  const valuesOf = (settings) => {
    const values = {};
    settings.forEach((setting) => (values[setting.key] = setting.value));
    return values;
  };

  const isTyped = (values) => Boolean(values.plex_url) && values.plex_token === "set";

  // A part of an address and token wins over a sign-in too.
  const namesPlex = (values) => Boolean(values.plex_url) || values.plex_token === "set";

  const isOn = (choice, values) => Boolean(values[choice.key]) !== choice.inverse;

  const stored = (choice, on) => on !== choice.inverse;

  const typed = (values) => say("typed by hand", { url: values.plex_url });

  function signInKnown({ values, account }) {
    if (account.state === "signed_in") {
      const name = account.account;
      return name ? say("account is", { account: name }) : say("signed in");
    }
    if (isTyped(values)) return typed(values);
    return account.server ? say("server is", { name: account.server }) : "";
  }

  function serverKnown({ values, account }) {
    if (isTyped(values)) return typed(values);
    return account.server ? say("server is", { name: account.server }) : "";
  }

  function choicesKnown({ values }) {
    const names = CHOICES.filter((choice) => isOn(choice, values))
      .map(({ name }) => choiceTitle(name).toLowerCase())
      .join(", ");
    return names ? say("choices on", { names }) : say("choices none");
  }

  const choiceTitle = (name) =>
    ({
      ratings: say("choice ratings"),
      posters: say("choice posters"),
      collections: say("choice collections"),
      keep: say("choice keep"),
    })[name];

  const choiceMeaning = (name) =>
    ({
      ratings: say("choice ratings means"),
      posters: say("choice posters means"),
      collections: say("choice collections means"),
      keep: say("choice keep means"),
    })[name];

  const stepTitle = (step) =>
    ({
      "sign in": say("step sign in"),
      server: say("step server"),
      libraries: say("step libraries"),
      paths: say("step paths"),
      choices: say("step choices"),
      try: say("step try"),
    })[step];

  const KNOWN = {
    "sign in": signInKnown,
    server: serverKnown,
    libraries: ({ values }) => values.plex_library || say("all libraries"),
    paths: ({ values }) =>
      values.path_map ? say("rules are", { rules: values.path_map }) : say("no rules"),
    choices: choicesKnown,
    try: ({ lastSync }) => (lastSync ? "" : say("not tried")),
  };

  // The steps in order. `seen` are those that the user has been through on this page.
  function steps(known, seen) {
    const hasPlex = serverKnown(known) !== "";
    const done = {
      "sign in": signInKnown(known) !== "",
      server: hasPlex,
      libraries: hasPlex && (seen.includes("libraries") || Boolean(known.values.plex_library)),
      paths: hasPlex && (seen.includes("paths") || Boolean(known.values.path_map)),
      choices: hasPlex && seen.includes("choices"),
      try: known.lastSync > 0,
    };
    return STEPS.map((key, at) => ({
      key,
      title: stepTitle(key),
      known: done[key] || at > 1 ? KNOWN[key](known) : say(at ? "no server" : "not signed in"),
      done: done[key],
      waits: !hasPlex && ["libraries", "paths", "try"].includes(key),
    }));
  }

  // The step to begin with: the first that is open, none where Plex is synced already. With a
  // problem, such as a token that Plex refuses, it is the login.
  function firstStep(list, problem) {
    if (list[1].done && problem) return STEPS[0];
    if (list[1].done && list[5].done) return "";
    return list.find((step) => !step.done).key;
  }

  const after = (key) => STEPS[STEPS.indexOf(key) + 1] || "";

  // Libraries.

  const typeName = (type) =>
    ({
      movie: say("type movie"),
      show: say("type show"),
      artist: say("type artist"),
      photo: say("type photo"),
    })[type] || type;

  const canSync = (library) => SYNCABLE.includes(library.type);

  // All of them are stored as none, so that a later library is synced too.
  function libraryValue(libraries, ticked) {
    const names = libraries.filter(canSync).map(({ title }) => title);
    const chosen = names.filter((name) => ticked.includes(name));
    return chosen.length === names.length ? "" : joinList(chosen);
  }

  // Rules. One for the same Stash path is replaced.

  function withRule(text, rule) {
    const [added] = parseRules(rule);
    if (!added) return text;
    const others = parseRules(text).filter(({ stash }) => stash !== added.stash);
    return joinRules(others.concat([added]));
  }

  // The proposals of all folders, each rule once, the best first.
  function proposals(folders) {
    const finds = {};
    folders.forEach((folder) =>
      folder.proposals.forEach((each) => {
        finds[each.rule] = (finds[each.rule] || 0) + each.finds;
      })
    );
    return Object.keys(finds)
      .map((rule) => ({ rule, finds: finds[rule] }))
      .sort((a, b) => b.finds - a.finds);
  }

  const hasChanges = (sample) =>
    !sample.reason && sample.items.some((item) => item.changes.length || item.images.length);

  page.setup = {
    CHOICES,
    valuesOf,
    isTyped,
    namesPlex,
    isOn,
    stored,
    choiceTitle,
    choiceMeaning,
    steps,
    firstStep,
    after,
    canSync,
    typeName,
    libraryValue,
    withRule,
    proposals,
    hasChanges,
  };
})(typeof window === "undefined" ? globalThis : window);
