// The labels and sentences of the set-up by their keys, as in sentences.js.
(function (root) {
  "use strict";
  const page = (root.PlexSyncPage = root.PlexSyncPage || {});

  const wizard = {
    "open setup": "Open the set-up",
    "run setup again": "Run the set-up again",
    "setup means": "Six short steps. You can skip each one, and come back at any time.",
    "setup waits":
      "Python packages are being installed for PlexSync. This takes a minute." +
      " Then the set-up continues by itself.",
    "step sign in": "Sign in with Plex",
    "step server": "Server and address",
    "step libraries": "Libraries",
    "step paths": "Paths",
    "step choices": "Synced fields",
    "step try": "Try one scene",
    "step number": "Step {n}: {name}",
    "step done": "done",
    "setup problem": "Syncing waits. {sentence}",
    skip: "Skip",
    search: "Search",
    "save and next": "Save and continue",
    "server first": "Finish the first two steps before this one.",
    "not signed in": "Not signed in yet.",
    "account is": "Signed in as {account}.",
    "signed in": "Signed in.",
    "typed by hand": "Typed: {url}, with a token.",
    "no server": "No server is chosen yet.",
    "server is": "{name} is in use.",
    "all libraries": "All movie and show libraries.",
    "rules are": "Rules: {rules}.",
    "no rules": "No path rules.",
    "choices on": "Synced: {names}.",
    "choices none": "None of the four choices is on.",
    "not tried": "No scene is synced yet.",
  };

  const wizardAccess = {
    "sign in": "Sign in with Plex",
    "sign in means":
      "Plex opens in a new tab. Allow PlexSync there, with the account that owns the server." +
      " This page notices it by itself.",
    "sign in waits": "Waiting for you to allow PlexSync on the page of Plex.",
    "open plex page": "No new tab? Open the page of Plex",
    "sign in again": "Sign in again",
    "sign out": "Sign out",
    "sign out?": "Forget the sign-in? Syncing stops.",
    "remove device": "Open the list of devices at Plex",
    "type instead": "Or type address and token",
    "type means":
      "The address counts from the machine on which Stash runs. In a container, localhost is the" +
      " container. Every user of this Stash can read a typed token.",
    "field address": "Plex address",
    "field token": "Plex token",
    "token kept": "Stored. Type another one to replace it.",
    "address placeholder": "http://192.168.1.10:32400",
    "save and test": "Save and test",
    "typed works": "Plex answers, and accepts the token. It has {libraries}.",
    "typed fails": "Stored, but the test failed: {sentence}",
    "server means":
      "PlexSync tests each address from the machine or container on which Stash runs. Your" +
      " browser may reach other addresses.",
    testing: "Testing all addresses. This takes up to 15 seconds.",
    "test again": "Test again",
    "address works": "answers in {ms} ms",
    best: "best",
    "in use": "in use",
    secure: "encrypted",
    "not secure": "not encrypted",
    local: "local network",
    remote: "remote",
    relay: "Plex relay, slow",
    "use address": "Use this address",
    "other address": "Another address",
    "test and use": "Test and use",
    "typed wins": "Address and token are typed in the settings, and are used instead of a sign-in.",
    "empty typed": "Remove the typed address and token",
    "list needs sign in": "To choose from your servers, sign in with Plex in step 1.",
  };

  const wizardContent = {
    "libraries mean": "PlexSync writes to the ticked libraries only.",
    "type movie": "movies",
    "type show": "shows",
    "type artist": "music",
    "type photo": "photos",
    "cannot sync": "PlexSync cannot sync this type.",
    "none ticked": "Tick at least one library.",
    "paths mean":
      "Both servers must have the same file under the same path. Where the paths differ, a rule" +
      " turns the Stash path into the Plex path.",
    "all found": "All paths match. Continue.",
    "none found":
      "No file was found, and no rule would help. Check that Plex has scanned the same files.",
    "stash folders": "Folders of Stash",
    "plex folders": "Folders of Plex",
    "head library": "Library",
    "head files": "Files",
    "head found": "Found in Plex",
    "found of": "{found} of {looked} found",
    elsewhere: "Other folders",
    proposals: "Proposed rules",
    "finds more": "finds {files} more",
    "use rule": "Add this rule",
    "rules heading": "Path rules",
    "count files": "Count again",
    "not counted": "The rules have changed. Count again to see what they find.",
    counting: "Comparing the files of both servers.",
    "examples of missing": "Examples of files that are not found",
    "head stash path": "In Stash",
    "head plex path": "In Plex",
    "no such file": "no such file",
    "choices mean": "You find all other settings in the view Settings.",
    "choice ratings": "Star ratings",
    "choice ratings means": "Stash's rating becomes your star rating in Plex.",
    "choice posters": "Posters",
    "choice posters means": "The scene's cover becomes the poster in Plex.",
    "choice collections": "Studio collections",
    "choice collections means": "Each studio becomes a collection in Plex.",
    "choice keep": "Keep edits made in Plex",
    "choice keep means": "A value that you change in Plex stays. Off: the value in Stash wins.",
    "try means": "Choose a scene. You see each change before it is written to Plex.",
    "find scene": "Find a scene that matches",
    "other scene": "Choose another scene",
    "none matches":
      "None of these scenes has changes for Plex. Search for another one, or check the paths.",
    "no scene found": "Stash has no such scene.",
    "preview scene": "Preview: {name}",
    "then all": "When the result is right, preview and sync the whole library.",
    "preview all": "Preview all",
    "sync all?": "Sync the whole library to Plex?",
  };

  Object.assign(page.sentences, wizard, wizardAccess, wizardContent);
})(typeof window === "undefined" ? globalThis : window);
