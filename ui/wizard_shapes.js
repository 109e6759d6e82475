// Pure: the answers of the set-up's operations, parsed once. After shapes.js.
(function (root) {
  "use strict";
  const page = root.PlexSyncPage;
  const { text, number, flag, list, map } = page.parse;

  // Only addresses of Plex's own site become links.
  const plexSite = (value) => (text(value).startsWith("https://app.plex.tv/") ? value : "");

  const signIn = (answer) => ({
    url: plexSite(map(answer).url),
    expires_in: number(map(answer).expires_in),
  });

  const signInState = (answer) => ({
    state: text(map(answer).state),
    account: text(map(answer).account),
    server: text(map(answer).server),
    sentence: text(map(answer).sentence),
  });

  const signedOut = (answer) => ({
    devices: plexSite(map(answer).devices),
    sentence: text(map(answer).sentence),
  });

  const address = (answer) => {
    const raw = map(answer);
    return {
      uri: text(raw.uri),
      local: flag(raw.local),
      relay: flag(raw.relay),
      secure: flag(raw.secure),
      ok: flag(raw.ok),
      milliseconds: number(raw.milliseconds),
      why: text(raw.why),
    };
  };

  const plexServer = (answer) => {
    const raw = map(answer);
    return {
      name: text(raw.name),
      machine: text(raw.machine),
      owned: flag(raw.owned),
      version: text(raw.version),
      best: text(raw.best),
      chosen: text(raw.chosen),
      sentence: text(raw.sentence),
      addresses: list(raw.addresses, address),
    };
  };

  const servers = (answer) => ({
    servers: list(map(answer).servers, plexServer),
    sentence: text(map(answer).sentence),
  });

  const used = (answer) => ({
    name: text(map(answer).name),
    uri: text(map(answer).uri),
    source: text(map(answer).source),
    sentence: text(map(answer).sentence),
  });

  const stashFolder = (answer) => {
    const raw = map(answer);
    return {
      folder: text(raw.folder),
      files: number(raw.files),
      looked_at: number(raw.looked_at),
      found: number(raw.found),
      proposals: list(raw.proposals, (row) => ({
        rule: text(map(row).rule),
        finds: number(map(row).finds),
      })),
      missing: list(raw.missing, (row) => ({
        stash: text(map(row).stash),
        plex: text(map(row).plex),
      })),
    };
  };

  const plexFolder = (answer) => {
    const { library: title, folder, files } = map(answer);
    return {
      library: text(title),
      folder: text(folder),
      files: typeof files === "number" ? files : null,
    };
  };

  function paths(answer) {
    const raw = map(answer);
    return {
      folders: list(raw.folders, stashFolder),
      plex: list(raw.plex, plexFolder),
      rules: text(raw.rules),
      rule_problems: list(raw.rule_problems),
      by_rule: list(raw.by_rule, (row) => ({
        rule: text(map(row).rule),
        looked_at: number(map(row).looked_at),
        found: number(map(row).found),
      })),
      looked_at: number(raw.looked_at),
      found: number(raw.found),
      sentence: text(raw.sentence),
    };
  }

  // Scenes as Stash lists them.
  const found = (answer) => {
    const raw = map(answer);
    const path = text(map(list(raw.files, map)[0]).path);
    return { scene: number(raw.id), title: text(raw.title) || path.split(/[\\/]/).pop(), path };
  };

  const foundScenes = (answer) => list(map(map(answer).findScenes).scenes, found);

  Object.assign(page.shapes, {
    signIn,
    signInState,
    signedOut,
    servers,
    used,
    paths,
    foundScenes,
  });
})(typeof window === "undefined" ? globalThis : window);
