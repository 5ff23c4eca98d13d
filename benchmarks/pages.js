// Put into every page before its own scripts: when it is usable, and when a change of a filter is drawn.
(function () {
  "use strict";

  var STILL = 150;  // milliseconds without any work after which a page is done
  var NO_FIGURE = 1500;  // … and a change is taken for one that draws no figure
  var state = { asked: 0, drawn: null, since: null };

  var real = window.fetch;
  window.fetch = function (target) {
    var answer = real.apply(this, arguments);
    if (String(target.url || target).indexOf("/_dash-update-component") >= 0) {
      var over = function () { state.asked -= 1; };
      state.asked += 1;
      answer.then(over, over);
    }
    return answer;
  };

  // Content is there, no placeholder is in sight, no callback is under way, every chart is drawn.
  function usable() {
    return state.asked === 0 && document.querySelector("#page .tm-area > :not(.tm-placeholder)") &&
      !Array.prototype.some.call(document.querySelectorAll(".tm-placeholder"), function (one) {
        return one.offsetParent;
      }) &&
      !document.querySelector('[data-dash-is-loading="true"]') &&
      Array.prototype.every.call(document.querySelectorAll("[data-graph]"), function (one) {
        return one.querySelector(".main-svg");
      });
  }

  function watch() {
    if (!usable()) { state.since = null; } else if (state.since === null) { state.since = performance.now(); }
    window.requestAnimationFrame(watch);
  }

  // The next frame shows what was changed in a figure.
  new MutationObserver(function (records) {
    if (records.some(function (one) { return one.target.closest && one.target.closest(".js-plotly-plot"); })) {
      window.requestAnimationFrame(function () { state.drawn = performance.now(); });
    }
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["d", "transform", "href"] });

  function set(field, value) {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function next(all, chosen) {
    return all[(all.findIndex(chosen) + 1) % all.length];
  }

  // As somebody would use it: a button is pressed, the next of the choices is taken, a date becomes that of the share.
  function use(name, share) {
    var field = document.getElementById(name), radios = Array.from(field.querySelectorAll("input[type=radio]"));
    if (field.tagName === "BUTTON") {
      field.click();
    } else if (radios.length) {
      next(radios, function (one) { return one.checked; }).click();
    } else if (field.tagName === "SELECT") {
      set(field, next(Array.from(field.options), function (one) { return one.selected; }).value);
    } else if (field.type === "date") {
      var first = Date.parse(field.min), day = new Date(first + share * (Date.parse(field.max) - first));
      set(field, day.toISOString().slice(0, 10));
    } else {
      set(field, String(Math.round(Number(field.min) + share * (Number(field.max) - Number(field.min)))));
    }
  }

  window.bench = {
    // Milliseconds from the navigation until the page was usable, null as long as it is not.
    usableAt: function () {
      return state.since !== null && performance.now() - state.since > 2 * STILL ? state.since : null;
    },

    // Milliseconds from the change to the last figure drawn and to everything done; the former is null without figure.
    change: function (name, share) {
      return new Promise(function (resolve) {
        var began = performance.now();
        state.drawn = state.since = null;
        use(name, share);
        (function look() {
          var now = performance.now(), still = state.since !== null && now - Math.max(state.since, state.drawn) > STILL;
          if (still && (state.drawn !== null || now - began > NO_FIGURE)) {
            resolve([state.drawn && state.drawn - began, Math.max(state.since, state.drawn) - began]);
          } else {
            window.requestAnimationFrame(look);
          }
        })();
      });
    }
  };

  watch();
})();
