// What happens in the browser alone: theme, menu, the address of the view, copying.
(function () {
  "use strict";

  var YEAR = "; path=/; max-age=31536000; SameSite=Lax";
  var skip = function () { return window.dash_clientside.no_update; };

  // How a view is shown, not what of: these make no entry in the browser's history.
  var MANNERS = ["models", "sort", "show", "by", "range"];
  var SAME_CHOICE = 1500;  // milliseconds in which further changes of the same field, as by its arrows, are one choice

  // Writes the controls into the address; values equal to the default stay out. What somebody has just chosen makes an
  // entry in the browser's history, so that Back returns to the view before; so does another value of the one named by
  // "entry", which the store "by" holds, see monitor.js. What the page fills in itself replaces the address.
  function address(defaults, entry, by) {
    var names = Object.keys(defaults);
    return function () {
      var before = new URLSearchParams(window.location.search), query = new URLSearchParams(window.location.search);
      for (var i = 0; i < names.length; i++) {
        var value = arguments[i];
        // a number field out of its range gives NaN: the address keeps the last good one
        if (typeof value === "number" && isNaN(value)) { continue; }
        if (value === undefined || value === null || value === "" || String(value) === defaults[names[i]]) {
          query.delete(names[i]);
        } else {
          query.set(names[i], value);
        }
      }
      query.delete("lang");
      var changed = names.filter(function (name) {
        return (before.get(name) || defaults[name]) !== (query.get(name) || defaults[name]);
      });
      var stored = changed.indexOf(entry) >= 0 &&
        window.dash_clientside.callback_context.triggered.some(function (one) {
          return one.prop_id === (by.indexOf(".") < 0 ? by + ".data" : by);
        });
      var text = query.toString(), target = window.location.pathname + (text ? "?" + text : "");
      if (picked(changed) || stored) {
        window.history.pushState({}, "", target);
      } else {
        window.history.replaceState(window.history.state, "", target);
      }
      state.search = window.location.search;
    };
  }

  // Whether the change of the address is a choice of its own that somebody has just made in a field.
  function picked(changed) {
    var names = changed.filter(function (name) { return MANNERS.indexOf(name) < 0; }).join(" ");
    var one = state.picking && names !== "", now = Date.now();
    state.picking = false;
    if (!one) { return false; }
    var again = names === state.picked.names && now - state.picked.at < SAME_CHOICE;
    state.picked = { names: names, at: now };
    return !again;
  }

  document.addEventListener("change", function () { state.picking = true; }, true);
  document.addEventListener("click", function (event) {
    if (event.target.closest(".tm-controls button")) { state.picking = true; }
  }, true);

  // Back or Forward to the last address that Dash has heard of: it would go nowhere, so the page is drawn anew here.
  // The window's listeners are called in the order in which they came: after the scripts of pages that do it themselves
  // (monitor.js) and stop the event, before Dash's own.
  document.addEventListener("DOMContentLoaded", function () {
    window.addEventListener("popstate", function () {
      if (state.search === window.location.search) { return; }
      state.search = window.location.search;
      state.picking = false;
      if (window.location.pathname + window.location.search === state.heard) {
        window.dash_clientside.set_props("_pages_location", { search: window.location.search });
      }
    });
  });

  // Dash hears nothing of what the controls write into the address, and goes nowhere when a link leads to the last
  // address that it heard of. So it is told just before; the link that follows at once draws the page anew.
  function tellDash(target) {
    var here = window.location.pathname + window.location.search;
    if (target === state.heard && target !== here) {
      window.dash_clientside.set_props("_pages_location", { search: window.location.search });
    }
  }

  var monitorFeatures = address({ range: "365", feature: "", day: "", days: "30", ref: "training", from: "", to: "" });

  var state = {
    shownPath: null, focused: "", heard: "", search: window.location.search,
    picking: false, picked: { names: "", at: 0 }
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    tidemark: {
      switchTheme: function () {
        var root = document.documentElement;
        var theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
        root.setAttribute("data-bs-theme", theme);
        document.cookie = "tidemark_theme=" + theme + YEAR;
        return theme;
      },

      // Once a second: what goes on. Dash hears of it only when it is something else than before.
      look: function (ticks, known, before) {
        if (document.hidden) { return [skip(), skip()]; }
        return fetch("/_tidemark/now", { headers: { Accept: "application/json" } }).then(function (answer) {
          // the sign-in is over: the page asks for a new one and comes back
          if (answer.status === 401) {
            var here = window.location.pathname + window.location.search;
            window.location.assign("/sign-in?next=" + encodeURIComponent(here));
          }
          return answer.ok ? answer.text() : known;
        }).then(function (text) {
          if (text === known) { return [skip(), skip()]; }
          var changed = JSON.parse(text).changed;
          return [text, changed === before ? skip() : changed];
        }).catch(function () { return [skip(), skip()]; });  // the server is being started anew
      },

      // Opens and closes the menu of narrow screens; a new page closes it and is announced.
      menu: function (clicks, path) {
        var button = document.getElementById("nav-toggle");
        var nav = document.getElementById("nav");
        if (!button || !nav) { return skip(); }
        var open = path === state.shownPath && !nav.classList.contains("tm-open");
        if (state.shownPath !== null && path !== state.shownPath) { window.scrollTo(0, 0); announcePage(path); }
        state.shownPath = path;
        button.setAttribute("aria-expanded", open ? "true" : "false");
        return open ? "tm-nav tm-open" : "tm-nav";
      },

      // For the scripts of single pages.
      address: address,

      // The last address that Dash has heard of.
      heard: function (path, search) {
        state.heard = path + (search || "");
        state.search = window.location.search;
      },

      // Whether the address has another search part than the page shown has heard of or written; asked once.
      moved: function () {
        var before = state.search;
        state.search = window.location.search;
        return before !== state.search;
      },

      // The preset buttons and the number of days say the same; whichever was used last wins.
      horizon: function (preset, days) {
        var id = window.dash_clientside.callback_context.triggered_id;
        if (id === "forecast-preset") {
          return preset ? [preset, preset] : [skip(), skip()];
        }
        return [skip(), [7, 14, 28, 90, 365].indexOf(Number(days)) >= 0 ? Number(days) : null];
      },

      wholeHistory: function () {
        var field = document.getElementById("explore-start");
        return [field.min, field.max];
      },

      overviewUrl: address({ horizon: "28", segment: "total" }),
      forecastAddress: address({
        measure: "transactions", segment: "total", horizon: "28", model: "best", level: "80", tab: "whatif", day: "",
        s1: "", s2: "", s3: "", s4: "", s5: ""
      }),
      exploreUrl: function (tab, measure, segment, start, end, lines) {
        var field = document.getElementById("explore-start");
        address({
          tab: "series", measure: "transactions", segment: "total", start: field.min, end: field.max, lines: "use"
        }, "tab", "explore-tab")(tab, measure, segment, start, end, lines);
      },
      exploreByUrl: address({ by: "weekday" }),
      dataUrl: address({ tab: "load", view: "coming", upload: "" }),
      monitorUrl: address({ tab: "alerts" }, "tab", "monitor-tab"),
      monitorAlertsUrl: address({ range: "365", show: "all", alert: "", sort: "-state" }, "alert", "monitor-alert"),
      // The feature and the day that the page chose stay out: they move on with the data. Each is in once it is picked,
      // so that the address shows it tomorrow as well. Two days count only for a fixed reference.
      monitorFeaturesUrl: function (range, feature, day, days, ref, from, to, usual, picked) {
        var by = window.dash_clientside.callback_context.triggered.map(function (one) {
          return one.prop_id.split(".")[0];
        });
        var now = picked || { feature: false, day: false };
        if (usual && by.indexOf("monitor-usual") < 0) {
          now = {
            feature: now.feature || by.indexOf("monitor-feature") >= 0, day: now.day || by.indexOf("monitor-day") >= 0
          };
        }
        var fixed = ref === "fixed";
        monitorFeatures(
          range, now.feature ? feature : "", now.day ? day : "", days, ref, fixed ? from : "", fixed ? to : ""
        );
        return picked && now.feature === picked.feature && now.day === picked.day ? skip() : now;
      },
      monitorForecastsUrl: address({ measure: "transactions", range: "365" }),
      monitorTrialUrl: address({ kind: "level", size: "", start: "" }),
      monitorPoliciesUrl: address({ measure: "transactions", every: "28" }),
      modelsUrl: address({ measure: "transactions", job: "" }),
      // A table that is drawn anew, because a job has ended, gives the focus back to the button that had it.
      modelsDrawn: function () {
        window.requestAnimationFrame(function () {
          var target = state.focused ? document.getElementById(state.focused) : null;
          if (target && document.activeElement === document.body) { target.focus({ preventScroll: true }); }
        });
      }
    }
  });

  function copy(button) {
    var source = document.getElementById(button.dataset.copy);
    if (!source) { return; }
    var label = button.querySelector("span");
    var before = label.textContent;
    var done = function () {
      label.textContent = button.dataset.done;
      announce(button.dataset.done);
      setTimeout(function () { label.textContent = before; }, 2000);
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(source.textContent).then(done, function () { select(source); });
    } else {
      select(source);
    }
  }

  // Without the right to write to the clipboard (plain http) the text is selected, ready for Ctrl+C.
  function select(source) {
    window.getSelection().selectAllChildren(source);
  }

  function announce(text) {
    var live = document.getElementById("live");
    if (live) { live.textContent = text; }
  }

  function announcePage(path) {
    var link = document.querySelector('#nav nav a[href="' + CSS.escape(path) + '"]');
    if (link) { announce(link.textContent); }
  }

  function chooseLanguage(button) {
    document.cookie = "tidemark_lang=" + button.dataset.language + YEAR;
    window.location.reload();
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    if (!link || link.target || link.origin !== window.location.origin || event.button !== 0) { return; }
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) { return; }
    tellDash(link.pathname + link.search);
  }, true);  // before Dash follows it

  // What has the focus; a press on what cannot have it takes it away.
  document.addEventListener("pointerdown", function () { state.focused = ""; });
  document.addEventListener("focusin", function (event) { state.focused = event.target.id; });

  // Escape closes the menu of narrow screens and gives the focus back.
  document.addEventListener("keydown", function (event) {
    var nav = document.getElementById("nav"), button = document.getElementById("nav-toggle");
    if (event.key !== "Escape" || !nav || !nav.classList.contains("tm-open")) { return; }
    if (event.target !== button && !nav.contains(event.target)) { return; }
    button.click();
    button.focus();
  });

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-copy], [data-language]");
    if (!target) { return; }
    if (target.dataset.copy) { copy(target); }
    if (target.dataset.language) { chooseLanguage(target); }
  });
})();
