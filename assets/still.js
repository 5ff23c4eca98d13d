// Builds the parts of a page that come as data: [data-still] holds their content as JSON, a change builds them anew.
(function () {
  "use strict";

  function element(parts) {
    var made = document.createElement(parts[0]);
    Object.entries(parts[1]).forEach(function (one) {
      if (one[0] === "style") { Object.assign(made.style, one[1]); } else { made.setAttribute(one[0], one[1]); }
    });
    add(made, parts[2]);
    return made;
  }

  function add(parent, content) {
    if (Array.isArray(content)) {
      content.forEach(function (one) { add(parent, one); });
    } else if (content && content.e) {
      parent.appendChild(element(content.e));
    } else if (content) {
      parent.appendChild(document.createTextNode(content));
    }
  }

  // Without its data an element belongs to Dash again: only what was built here goes.
  function build(box) {
    (box.tmStill || []).forEach(function (one) { one.remove(); });
    box.tmStill = [];
    if (!box.dataset.still) { return; }
    var made = document.createDocumentFragment();
    add(made, JSON.parse(box.dataset.still));
    box.tmStill = Array.from(made.childNodes);
    box.appendChild(made);
  }

  function buildAll(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) { return; }
    if (node.matches("[data-still]")) { build(node); }
    node.querySelectorAll("[data-still]").forEach(build);
  }

  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.type === "attributes") { build(change.target); } else { change.addedNodes.forEach(buildAll); }
    });
  }).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["data-still"] });
})();
