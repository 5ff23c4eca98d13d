// The opening calendar: [data-calendar] holds months of days as JSON; days are chosen by mouse, touch and keyboard.
(function () {
  "use strict";

  var box = null, chosen = { first: "", last: "" }, pressed = "";

  function element(kind, text, name) {
    var made = document.createElement(kind);
    made.textContent = text;
    if (name) { made.className = name; }
    return made;
  }

  function cell(day) {
    var made = document.createElement("td");
    var number = String(Number(day[0].slice(8)));
    if (!day[1]) { made.appendChild(element("span", number, "tm-day tm-day-none")); return made; }
    var names = day[1].split(" ").map(function (one) { return "tm-day-" + one; });
    var button = element("button", number, "tm-day " + names.join(" "));
    button.type = "button";
    button.dataset.day = day[0];
    button.title = day[2];
    button.setAttribute("aria-label", day[2]);
    button.tabIndex = -1;
    made.appendChild(button);
    return made;
  }

  function month(content, weekdays) {
    var table = document.createElement("table");
    table.createCaption().textContent = content.name;
    var head = table.createTHead().insertRow();
    weekdays.forEach(function (name) {
      var made = element("th", name[0]);
      made.scope = "col";
      made.abbr = name[1];
      head.appendChild(made);
    });
    var body = table.createTBody(), row = null;
    for (var empty = 0; empty < content.before; empty++) {
      row = row || body.insertRow();
      row.insertCell();
    }
    content.days.forEach(function (day, i) {
      if (!row || (content.before + i) % 7 === 0) { row = body.insertRow(); }
      row.appendChild(cell(day));
    });
    return table;
  }

  function build(made) {
    var focused = made.contains(document.activeElement) ? document.activeElement.dataset.day : "";
    var content = JSON.parse(made.dataset.calendar);
    box = made;
    var link = element("a", "", "tm-calendar-chosen btn btn-sm btn-primary");
    link.href = "#opening-form";
    link.dataset.text = content.chosen;
    made.replaceChildren.apply(made, content.months.map(function (one) {
      return month(one, content.weekdays);
    }).concat([link]));
    mark();
    if (focused) { go(focused); }
  }

  function buttons() { return box ? Array.prototype.slice.call(box.querySelectorAll("[data-day]")) : []; }

  // The days chosen stand out; one day of all is reached with the tabulator, the others with arrows.
  function mark() {
    var all = buttons(), stop = null, count = 0;
    all.forEach(function (button) {
      var day = button.dataset.day;
      var inside = Boolean(chosen.first) && day >= chosen.first && day <= (chosen.last || chosen.first);
      button.setAttribute("aria-pressed", inside ? "true" : "false");
      button.tabIndex = -1;
      if (inside) { count += 1; stop = stop || button; }
    });
    if (stop || all[0]) { (stop || all[0]).tabIndex = 0; }
    var link = box && box.querySelector(".tm-calendar-chosen");
    if (link) {
      link.hidden = !count;
      link.textContent = link.dataset.text.replace("{n}", count);
    }
  }

  // The first press chooses a day, the second a later one, and with it all between; the third begins anew.
  function choose(day, further) {
    var widen = chosen.first && (further || (pressed && chosen.first === chosen.last)) && day > chosen.first;
    var first = widen ? chosen.first : day;
    pressed = widen ? "" : day;
    window.dash_clientside.set_props("opening-first", { value: first });
    window.dash_clientside.set_props("opening-last", { value: day });
  }

  function go(day) {
    var button = box.querySelector('[data-day="' + day + '"]');
    if (!button) { return; }
    buttons().forEach(function (one) { one.tabIndex = -1; });
    button.tabIndex = 0;
    button.focus();
  }

  // The date fields say which days are chosen, whether they were written there or chosen in the calendar.
  window.dash_clientside.tidemark.openingChosen = function (first, last) {
    chosen = { first: first || "", last: last || first || "" };
    mark();
  };

  document.addEventListener("click", function (event) {
    var button = event.target.closest(".tm-calendar [data-day]");
    if (button) {
      buttons().forEach(function (one) { one.tabIndex = -1; });
      button.tabIndex = 0;
      choose(button.dataset.day, event.shiftKey);
    }
    var link = event.target.closest(".tm-calendar-chosen");
    if (link) {
      event.preventDefault();
      document.getElementById("opening-form").scrollIntoView({ block: "start" });
      document.getElementById("opening-state").focus({ preventScroll: true });
    }
  });

  document.addEventListener("keydown", function (event) {
    var button = event.target.closest && event.target.closest(".tm-calendar [data-day]");
    if (!button) { return; }
    var all = buttons(), at = all.indexOf(button);
    var step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7, PageDown: 28, PageUp: -28 }[event.key];
    if (event.key === "Home") { step = -at; }
    if (event.key === "End") { step = all.length - 1 - at; }
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) { return; }
    event.preventDefault();
    go(all[Math.min(Math.max(at + step, 0), all.length - 1)].dataset.day);
  });

  function buildAll(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) { return; }
    if (node.matches("[data-calendar]")) { build(node); }
    node.querySelectorAll("[data-calendar]").forEach(build);
  }

  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.type === "attributes") { build(change.target); } else { change.addedNodes.forEach(buildAll); }
    });
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["data-calendar"] });
})();
