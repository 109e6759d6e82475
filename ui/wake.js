// A page of Stash was opened: let PlexSync see whether edits wait (after a restart nothing else
// starts its worker). At most every ten minutes per browser; failures are of no interest here.
(function () {
  "use strict";
  const EVERY = 10 * 60 * 1000;
  const KEY = "plexsync.wake";
  const last = Number(localStorage.getItem(KEY) || 0);
  if (Math.abs(Date.now() - last) < EVERY) return;
  localStorage.setItem(KEY, String(Date.now()));
  const base = document.querySelector("base");
  const root = (base && base.getAttribute("href")) || "/";
  fetch(root.replace(/\/?$/, "/") + "graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      query: 'mutation($args: Map){runPluginOperation(plugin_id: "PlexSync", args: $args)}',
      variables: { args: { mode: "wake" } },
    }),
  }).catch(function () {});
})();
