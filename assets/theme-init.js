// Runs in the head, before anything is painted: the remembered theme, else the system's. The cookie tells the server.
(function () {
  "use strict";
  var match = document.cookie.match(/(?:^|; )tidemark_theme=(light|dark)/);
  var theme = match ? match[1] : null;
  if (!theme) {
    theme = window.matchMedia && window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    document.cookie = "tidemark_theme=" + theme + "; path=/; max-age=31536000; SameSite=Lax";
  }
  document.documentElement.setAttribute("data-bs-theme", theme);
})();
