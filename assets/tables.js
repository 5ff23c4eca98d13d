// Builds the tables of plain texts: [data-table] holds their content as JSON, a change of it builds them anew.
(function () {
  "use strict";

  function cell(kind, text, number, scope) {
    var made = document.createElement(kind);
    if (Array.isArray(text)) {  // a long text: what is left of it, and the whole
      made.title = text[1];
      text = text[0];
    }
    made.textContent = text;
    if (number) { made.className = "tm-number"; }
    if (scope) { made.scope = scope; }
    return made;
  }

  function heading(column) {
    var made = cell("th", "", column[1], "col");
    if (!column[2]) { made.textContent = column[0]; return made; }
    var help = document.createElement("abbr");
    help.textContent = column[0];
    help.title = column[2];
    made.appendChild(help);
    return made;
  }

  function build(box) {
    var content = JSON.parse(box.dataset.table);
    var table = document.createElement("table");
    table.className = "tm-table";
    var caption = table.createCaption();
    caption.className = "visually-hidden";
    caption.textContent = content.caption;
    var head = table.createTHead().insertRow();
    content.columns.forEach(function (column) { head.appendChild(heading(column)); });
    var body = table.createTBody();
    content.rows.forEach(function (texts, n) {
      var row = body.insertRow();
      if (content.classes[n]) { row.className = content.classes[n]; }
      texts.forEach(function (text, i) {
        var made = row.appendChild(cell(i ? "td" : "th", text, content.columns[i][1], i ? "" : "row"));
        var values = content.values[n][i] || [];  // what the text shows, for charts.js
        if (values.length > 0) { made.dataset.value = values[0]; }
        if (values.length > 1) { made.dataset.until = values[1]; }
      });
    });
    box.replaceChildren(table);
  }

  function buildAll(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) { return; }
    if (node.matches("[data-table]")) { build(node); }
    node.querySelectorAll("[data-table]").forEach(build);
  }

  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.type === "attributes") { build(change.target); } else { change.addedNodes.forEach(buildAll); }
    });
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["data-table"] });
})();
