// The Data page: which tab is shown, and files on their way to the server.
(function () {
  "use strict";

  function tabs() { return Array.prototype.slice.call(document.querySelectorAll("#data-tabs [role=tab]")); }

  window.dash_clientside.tidemark.dataTab = function () {
    var button = document.getElementById(window.dash_clientside.callback_context.triggered_id || "");
    if (!button) { return window.dash_clientside.no_update; }
    tabs().forEach(function (tab) {
      var here = tab === button;
      tab.setAttribute("aria-selected", here ? "true" : "false");
      tab.tabIndex = here ? 0 : -1;
      document.getElementById("data-panel-" + tab.dataset.tab).hidden = !here;
    });
    return button.dataset.tab;
  };

  // -- a file on its way to the server, as it is

  var sending = null;

  function box() { return document.getElementById("intake-drop"); }

  // Somebody may have gone to another page meanwhile: the file then waits there when they come back.
  function show(id, props) {
    if (box()) { window.dash_clientside.set_props(id, props); }
  }

  function refuse(text) {
    show("intake-sending", { hidden: true });
    show("intake-send-said", { children: text });
  }

  function megabytes(bytes) {
    var lang = document.documentElement.lang;
    return new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(bytes / 1048576);
  }

  function progress(sent, total) {
    if (!box()) { return; }
    var text = sent < total ? box().dataset.sent : box().dataset.checking;
    show("intake-sending", { hidden: false });  // drawn anew for who comes back
    show("intake-sent", { value: String(Math.floor(100 * sent / Math.max(total, 1))) });
    show("intake-sent-text", {
      children: text.replace("{sent}", megabytes(sent)).replace("{total}", megabytes(total))
    });
  }

  function answered(request, lost) {
    var found = {};
    try { found = JSON.parse(request.responseText); } catch (error) { /* not from us: a proxy, or nothing at all */ }
    if (request.status === 201 && found.upload) {
      show("intake-sending", { hidden: true });
      show("intake-upload", { data: found.upload });
    } else {
      refuse(found.detail || lost);
    }
  }

  function send(files) {
    var said = box().dataset, limit = box().querySelector("[data-most]");
    if (sending || !files.length) { return; }
    if (files.length > 1) { refuse(said.one); return; }
    var file = files[0];
    if (limit && file.size > Number(limit.dataset.most)) { refuse(said.large); return; }
    show("intake-send-said", { children: "" });
    show("intake-sending", { hidden: false });
    progress(0, file.size);
    var request = new XMLHttpRequest();
    request.open("POST", "/_tidemark/upload?name=" + encodeURIComponent(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", function (event) { progress(event.loaded, file.size); });
    request.addEventListener("load", function () { sending = null; answered(request, said.lost); });
    request.addEventListener("error", function () { sending = null; refuse(said.lost); });
    request.addEventListener("abort", function () { sending = null; refuse(said.stopped); });
    sending = request;
    request.send(file);
  }

  function pick(accept, done) {
    var field = document.createElement("input");
    field.type = "file";
    field.accept = accept;
    field.addEventListener("change", function () { done(field.files); });
    field.click();
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("#intake-choose")) { pick(box().dataset.accept, send); }
    if (event.target.closest("#intake-stop") && sending) { sending.abort(); }
  });

  // A file that misses the box would be opened by the browser in place of the page.
  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      if (!box() || !event.dataTransfer || Array.from(event.dataTransfer.types).indexOf("Files") < 0) { return; }
      event.preventDefault();
      var over = box().contains(event.target);
      box().classList.toggle("tm-drop-over", over && (name === "dragover" || name === "dragenter"));
      if (name === "drop" && over && !document.getElementById("intake-choose").disabled) {
        send(event.dataTransfer.files);
      }
    });
  });

  window.addEventListener("beforeunload", function (event) {
    if (sending) { event.preventDefault(); }
  });

  // A calendar file is small: it goes to the server as the value of a store.
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#opening-import")) { return; }
    pick(".csv,text/csv", function (files) {
      if (!files.length) { return; }
      files[0].slice(0, 1000001).text().then(function (text) {
        show("opening-imported", { data: { text: text, at: Date.now() } });
      });
    });
  });
})();
