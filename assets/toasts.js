// Toasts about jobs: what went well goes after a while, unless somebody is at it; the cross closes any.
(function () {
  "use strict";

  var STAYS = 15000;  // milliseconds

  function later(toast) {
    setTimeout(function () {
      if (toast.matches(":hover, :focus-within")) { later(toast); } else { toast.hidden = true; }
    }, STAYS);
  }

  window.dash_clientside.tidemark.toasts = function () {
    window.requestAnimationFrame(function () {
      document.querySelectorAll('.tm-toast-job[data-goes="true"]:not([data-timed])').forEach(function (toast) {
        toast.dataset.timed = "true";
        later(toast);
      });
    });
  };

  document.addEventListener("click", function (event) {
    var button = event.target.closest('[data-dismiss="toast"]');
    if (!button) { return; }
    button.closest(".tm-toast-job").hidden = true;
    document.getElementById("main").focus({ preventScroll: true });
  });
})();
