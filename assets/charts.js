// What can be taken from a chart: its picture as PNG, its numbers as CSV.
(function () {
  "use strict";

  // "Revenue in Côte d’Ivoire" becomes tidemark-revenue-in-cote-d-ivoire.
  function fileName(button, name, ending) {
    var plain = button.dataset.title.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
    plain = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 100);
    return "tidemark-" + (plain || name) + "." + ending;
  }

  // Plotly reads tags in a title; this one is text.
  function asText(title) {
    return title.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  }

  // The picture carries the title of the card and a plain background, so that it can go straight into a report.
  function savePicture(button) {
    var box = document.querySelector('[data-graph="' + button.dataset.export + '"] .js-plotly-plot');
    if (!box || !window.Plotly) { return; }
    var style = getComputedStyle(document.documentElement);
    var layout = Object.assign({}, box.layout, {
      title: { text: asText(button.dataset.title), x: 0.02, xanchor: "left", y: 0.97, yanchor: "top", font: { size: 18 } },
      showlegend: box.data.length > 1,
      paper_bgcolor: style.getPropertyValue("--tm-surface").trim(),
      margin: { l: 70, r: 30, t: 100, b: 60 },
      autosize: false, width: 1200, height: 630
    });
    var config = { locale: box._context.locale, locales: box._context.locales };  // numbers and dates as on the page
    window.Plotly.downloadImage({ data: box.data, layout: layout, config: config }, {
      format: "png", width: 1200, height: 630, scale: 2,
      filename: fileName(button, button.dataset.export, "").slice(0, -1)
    });
  }

  // What a spreadsheet would run as a formula gets an apostrophe in front, as in components/export.py; numbers do not.
  function safe(text) {
    var number = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text);
    return !number && /^\s*[=+\-@＝＋－＠]/.test(text) ? "'" + text : text;
  }

  function quoted(text) {
    var made = safe(text);
    return /[",\r\n]/.test(made) ? '"' + made.replace(/"/g, '""') + '"' : made;
  }

  function textOf(cell) {
    var copy = cell.cloneNode(true);
    copy.querySelectorAll("button, .visually-hidden").forEach(function (one) { one.remove(); });
    var text = copy.textContent.trim();
    return text === "–" ? "" : text;
  }

  // The values of the cells, not their texts: 1234.5 for "1,234", 2011-12-09 for "Fri 9 Dec 2011". An interval has two
  // columns; a column that holds nothing but buttons is left out.
  function rowsOf(table) {
    var heads = Array.from(table.tHead.rows[0].cells), body = Array.from(table.tBodies[0].rows), columns = [];
    heads.forEach(function (head, i) {
      var cells = body.map(function (row) { return row.cells[i]; }), name = textOf(head);
      var value = function (cell) { return cell.dataset.value === undefined ? textOf(cell) : cell.dataset.value; };
      if (cells.some(function (cell) { return cell.dataset.until !== undefined; })) {
        columns.push([name + " (min)"].concat(cells.map(value)));
        columns.push([name + " (max)"].concat(cells.map(function (cell) { return cell.dataset.until || ""; })));
      } else {
        columns.push([name].concat(cells.map(value)));
      }
    });
    columns = columns.filter(function (one) { return one.slice(1).some(Boolean); });
    return columns.length ? columns[0].map(function (_, n) {
      return columns.map(function (one) { return one[n]; });
    }) : [];
  }

  // A mark of the encoding in front, without which spreadsheets misread accents.
  function saveNumbers(button) {
    var chart = button.closest(".tm-chart");
    var table = (chart.querySelector("[data-numbers]") || chart).querySelector("table");
    if (!table || !table.tHead) { return; }
    var text = rowsOf(table).map(function (row) { return row.map(quoted).join(",") + "\r\n"; }).join("");
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }));
    link.download = fileName(button, button.dataset.csv, "csv");
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-export], [data-csv]");
    if (!target) { return; }
    if (target.dataset.csv) { saveNumbers(target); } else { savePicture(target); }
  });
})();
