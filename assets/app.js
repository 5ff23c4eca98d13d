// What happens in the browser alone: theme, menu, the address of the view, copying, saving a chart as a picture.
(function () {
  "use strict";

  var YEAR = "; path=/; max-age=31536000; SameSite=Lax";
  var skip = function () { return window.dash_clientside.no_update; };

  // Writes the controls into the address; values equal to the default stay out. That makes no new entry in the history,
  // unless somebody has just chosen another value of the one named by "entry", which the store "by" holds: Back then
  // returns to the one before, see monitor.js and explore.js.
  function address(defaults, entry, by) {
    var names = Object.keys(defaults);
    return function () {
      var query = new URLSearchParams(window.location.search);
      var before = entry ? query.get(entry) || defaults[entry] : "";
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
      var text = query.toString();
      var chosen = entry && (query.get(entry) || defaults[entry]) !== before &&
        window.dash_clientside.callback_context.triggered.some(function (one) { return one.prop_id === by + ".data"; });
      var target = window.location.pathname + (text ? "?" + text : "");
      if (chosen) {
        window.history.pushState({}, "", target);
      } else {
        window.history.replaceState(window.history.state, "", target);
      }
      state.search = window.location.search;
    };
  }

  // Dash hears nothing of what the controls write into the address, and goes nowhere when a link leads to the last
  // address that it heard of. So it is told just before; the link that follows at once draws the page anew.
  function tellDash(target) {
    var here = window.location.pathname + window.location.search;
    if (target === state.heard && target !== here) {
      window.dash_clientside.set_props("_pages_location", { search: window.location.search });
    }
  }

  // The models, the test period and its model have defaults that depend on the series: those stay out as well.
  var compareAddress = address({
    measure: "transactions", segment: "total", models: "", sort: "wape", by: "week", fold: "", model: ""
  });

  var monitorFeatures = address({ range: "365", feature: "", day: "", days: "30", ref: "training", from: "", to: "" });

  var state = { shownPath: null, sorting: false, focused: "", heard: "", search: window.location.search };

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
        if (state.shownPath !== null && path !== state.shownPath) { window.scrollTo(0, 0); }
        state.shownPath = path;
        button.setAttribute("aria-expanded", open ? "true" : "false");
        return open ? "tm-nav tm-open" : "tm-nav";
      },

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
      forecastUrl: address({ measure: "transactions", segment: "total", horizon: "28" }),
      exploreUrl: function (tab, measure, segment, start, end, lines) {
        var field = document.getElementById("explore-start");
        address({
          tab: "series", measure: "transactions", segment: "total", start: field.min, end: field.max, lines: "use"
        }, "tab", "explore-tab")(tab, measure, segment, start, end, lines);
      },
      exploreByUrl: address({ by: "weekday" }),
      compareUrl: function (measure, segment, models, sort, by, fold, model, usual) {
        var chosen = (models || []).slice().sort().join(" ");
        var standard = usual || { all: [], models: [], fold: "", model: "" };
        var ticked = standard.all.filter(function (one) { return (models || []).indexOf(one) >= 0; });
        var first = ticked.indexOf(standard.model) >= 0 ? standard.model : ticked[0];
        compareAddress(
          measure, segment, chosen === standard.models.slice().sort().join(" ") ? "" : chosen, sort, by,
          fold === standard.fold ? "" : fold, model === first ? "" : model
        );
      },
      // A sorted leaderboard is drawn anew: the heading that was used gets the focus back.
      compareSorted: function () {
        if (!state.sorting) { return; }
        state.sorting = false;
        window.requestAnimationFrame(function () {
          var heading = document.querySelector("[aria-sort] .tm-sort");
          if (heading && document.activeElement === document.body) { heading.focus(); }
        });
      },
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

  // The picture carries the title of the card and a plain background, so that it can go straight into a report.
  function savePicture(button) {
    var box = document.querySelector('[data-graph="' + button.dataset.export + '"] .js-plotly-plot');
    if (!box || !window.Plotly) { return; }
    var style = getComputedStyle(document.documentElement);
    var layout = Object.assign({}, box.layout, {
      title: { text: button.dataset.title, x: 0.02, xanchor: "left", y: 0.97, yanchor: "top", font: { size: 18 } },
      showlegend: box.data.length > 1,
      paper_bgcolor: style.getPropertyValue("--tm-surface").trim(),
      margin: { l: 70, r: 30, t: 100, b: 60 },
      autosize: false, width: 1200, height: 630
    });
    var config = { locale: box._context.locale, locales: box._context.locales };  // numbers and dates as on the page
    window.Plotly.downloadImage({ data: box.data, layout: layout, config: config }, {
      format: "png", width: 1200, height: 630, scale: 2,
      filename: "tidemark-" + button.dataset.export
    });
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

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-copy], [data-export], [data-language], .tm-sort");
    if (!target) { return; }
    if (target.matches(".tm-sort")) { state.sorting = true; }
    if (target.dataset.copy) { copy(target); }
    if (target.dataset.export) { savePicture(target); }
    if (target.dataset.language) { chooseLanguage(target); }
  });
})();
