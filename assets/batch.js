// Dash tells every component on the page of every step of a callback, some fifteen of them: most of what a change costs.
// Here the components hear of all steps at once that follow each other without a pause. Only what a hand does is told
// at once: a field that is being typed in must not lag behind.
//
// Leans on Dash's inside: it leaves its store in window.store, and react-redux subscribes with a function that asks for
// onStateChange. Where either is otherwise, everything is as Dash does it.
(function () {
  "use strict";

  var store;

  function batched(listener) {
    var waiting = false, told = null;
    function tell() { waiting = false; listener(); }
    return function () {
      var event = window.event;
      if (event && event !== told && event.target instanceof Element) {
        told = event;
        listener();
      } else if (!waiting) {
        waiting = true;
        setTimeout(tell, 0);
      }
    };
  }

  Object.defineProperty(window, "store", {
    configurable: true,
    get: function () { return store; },
    set: function (made) {
      var subscribe = made.subscribe;
      store = made;
      made.subscribe = function (listener) {
        return subscribe(/onStateChange/.test(String(listener)) ? batched(listener) : listener);
      };
    }
  });
})();
