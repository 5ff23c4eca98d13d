// What the cells of a grid (components/grid.py) show, and how they are sorted.
(function () {
  "use strict";

  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    // The text that the server has written for the cell.
    tmText: function (params) {
      var text = params.data && params.colDef ? params.data[params.colDef.field + "_text"] : undefined;
      return text === undefined ? params.value : text;
    },

    // What is not known comes last, however the column is sorted.
    tmMissingLast: function (one, other, oneRow, otherRow, falling) {
      var lacks = one === null || one === undefined, otherLacks = other === null || other === undefined;
      if (lacks || otherLacks) { return lacks === otherLacks ? 0 : (lacks ? 1 : -1) * (falling ? -1 : 1); }
      return typeof one === "string" ? one.localeCompare(other) : one - other;
    }
  });

  // A model: a piece of its line with its symbol, its name, and what is said of it.
  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    TmModel: function (props) {
      var make = window.React.createElement, data = props.data;
      var sample = make("span", { className: "tm-sample", style: {
        maskImage: data.sample, WebkitMaskImage: data.sample, backgroundColor: data.colour
      } });
      return make("span", { className: "tm-model" }, sample, make("span", null, props.value),
        data.badge ? make("span", { className: "tm-badge" }, data.badge) : null);
    }
  });
})();
