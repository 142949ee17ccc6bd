/* Invoice Portal in a page of yours. One div, one settings object, this script: see docs/embedding.md. */
(function (root) {
  "use strict";

  if (root.InvoicePortal) {
    // Single-page apps insert the script each time that they show the portal.
    root.InvoicePortal.start();
    return;
  }

  var doc = root.document;
  var PLACES = ["#invoice-portal", "#billflow-embed", "#servicebot-subscription-portal"];
  var GLOBALS = ["invoicePortalSettings", "billflowSettings", "servicebotSettings"];
  var WHO = ["email", "customer_id", "hash", "identity", "subscription_id", "link"];
  var OPTIONS = ["language", "theme", "actions", "debug", "title"];
  var PATIENCE_MS = 20000;
  var AFTER_LOAD_MS = 2000;
  var portals = [];
  var everywhere = [];
  var base = folderOf(doc.currentScript && doc.currentScript.src);
  var watcher = null;

  function folderOf(script) {
    return script ? new URL(".", script).href : "";
  }

  function pick(names, from) {
    var found = {};
    names.forEach(function (name) {
      if (from[name] !== undefined && from[name] !== null && from[name] !== "") found[name] = from[name];
    });
    // A copy of plain data: a framework's watched objects cannot be posted.
    return JSON.parse(JSON.stringify(found));
  }

  function settle(given) {
    given = given || {};
    var who = pick(WHO, given);
    // The old name of the hash, which older snippets still have.
    if (!who.hash && given.email_hash) who.hash = given.email_hash;
    return {
      base: given.url ? String(given.url).replace(/\/?$/, "/") : base,
      who: who,
      options: pick(OPTIONS, given.options || {}),
      handle: given.handleResponse
    };
  }

  /** The settings as they may be seen by anybody: what signs is only said to be there. */
  function shown(settings) {
    var who = {};
    Object.keys(settings.who).forEach(function (name) {
      var secret = name === "hash" || name === "identity" || name === "link";
      who[name] = secret ? "given, " + String(settings.who[name]).length + " characters" : settings.who[name];
    });
    return { url: settings.base, who: who, options: settings.options };
  }

  function random() {
    return Array.prototype.map
      .call(root.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
        return ("0" + byte.toString(16)).slice(-2);
      })
      .join("");
  }

  function failure(code, message) {
    var error = new Error("invoice-portal: " + message);
    error.code = code;
    return error;
  }

  function Portal(element, given) {
    this.element = element;
    this.given = given || {};
    this.settings = settle(given);
    this.listeners = [];
    this.nonce = random();
    this.hear = this.hear.bind(this);
  }

  Portal.prototype.say = function () {
    if (!this.settings.options.debug) return;
    root.console.info.apply(root.console, ["[invoice-portal]"].concat(Array.prototype.slice.call(arguments)));
  };

  /** Tell the host; gives what its handlers answered. Rejected where one of them failed. */
  Portal.prototype.tell = function (event, response, extras) {
    var message = { event: event, response: response || {}, extras: extras || {} };
    var handlers = everywhere.concat(this.listeners).filter(function (each) {
      return each.event === "*" || each.event === event;
    });
    if (typeof this.settings.handle === "function") handlers.unshift({ run: this.settings.handle });
    this.say("event", event, message.response);
    var dom = new CustomEvent("invoice-portal", { bubbles: true, cancelable: true, detail: message });
    var prevented = !this.element.dispatchEvent(dom);
    return Promise.all(
      handlers.map(function (each) {
        return new Promise(function (done) {
          done(each.run(message));
        });
      })
    ).then(function (answers) {
      return prevented ? answers.concat(false) : answers;
    });
  };

  Portal.prototype.inform = function (event, response, extras) {
    return this.tell(event, response, extras).catch(function (error) {
      root.console.error("[invoice-portal] your handler of " + event + " failed:", error);
      return [];
    });
  };

  /** Whether the host lets it happen. One that fails, or says false, does not. */
  Portal.prototype.ask = function (event, response, extras) {
    var self = this;
    return this.tell(event, response, extras).then(
      function (answers) {
        return answers.indexOf(false) < 0;
      },
      function (error) {
        self.say(event, "was stopped by your handler:", error);
        return false;
      }
    );
  };

  Portal.prototype.open = function () {
    var self = this;
    portals.push(this);
    watch();
    this.say("mounting with", shown(this.settings));
    return this.waiting(function () {
      self.ask("pre_load", shown(self.settings)).then(function (go) {
        if (self.closed) return;
        if (go) self.load();
        else self.fail("stopped", "your handler of pre_load stopped it", true);
      });
    });
  };

  Portal.prototype.load = function () {
    if (!this.settings.base) {
      this.fail("no_url", "the portal's address is not known: load embed.js with a script element, or set url");
      return;
    }
    var self = this;
    var frame = doc.createElement("iframe");
    this.origin = new URL(this.settings.base, root.location.href).origin;
    this.frame = frame;
    root.addEventListener("message", this.hear);
    // The name stays with the frame wherever it goes, and no server is told it.
    frame.name = "invoice-portal " + this.nonce + " " + root.location.origin;
    frame.title = this.settings.options.title || "Billing";
    frame.allow = "payment *; clipboard-write";
    frame.referrerPolicy = "no-referrer";
    frame.style.cssText = "display:block;width:100%;height:24rem;border:0";
    frame.addEventListener("load", function () {
      if (!self.port) self.wait(AFTER_LOAD_MS);
    });
    frame.src = this.settings.base + "embed";
    this.wait(PATIENCE_MS);
    this.element.appendChild(frame);
  };

  Portal.prototype.wait = function (milliseconds) {
    var self = this;
    root.clearTimeout(this.timer);
    this.timer = root.setTimeout(function () {
      self.fail(
        "not_connected",
        self.settings.base + "embed did not answer. Is " + root.location.origin + " in the portal's " +
          "allowed_embed_origins, and is this page's Content-Security-Policy open for it (frame-src)?"
      );
    }, milliseconds);
  };

  Portal.prototype.fail = function (code, message, quiet) {
    root.clearTimeout(this.timer);
    var error = failure(code, message);
    if (!quiet) {
      root.console.error(error.message);
      this.inform("error", { code: code, message: message });
    }
    this.reject(error);
  };

  /** The frame says hello, and is given one end of a channel. Nothing else is heard on the window. */
  Portal.prototype.hear = function (message) {
    var data = message.data;
    var frame = this.frame && this.frame.contentWindow;
    if (!frame || message.source !== frame || message.origin !== this.origin) return;
    if (!data || data.portal !== this.nonce || data.type !== "hello") return;
    root.clearTimeout(this.timer);
    if (this.port) this.port.close();
    var channel = new MessageChannel();
    this.port = channel.port1;
    this.port.onmessage = this.heed.bind(this, this.port);
    frame.postMessage({ portal: this.nonce, type: "connect" }, this.origin, [channel.port2]);
    this.say("connected with", this.origin);
    this.begin();
  };

  Portal.prototype.begin = function () {
    this.port.postMessage({ type: "start", who: this.settings.who, options: this.settings.options });
  };

  Portal.prototype.heed = function (port, message) {
    var data = message.data || {};
    var self = this;
    var asked = this.settings;
    switch (data.type) {
      case "height":
        if (this.covered || !(data.value > 0 && data.value < 100000)) break;
        this.frame.style.height = Math.ceil(data.value) + "px";
        break;
      case "cover":
        this.cover(data.value === true);
        break;
      case "top":
        if (this.frame.getBoundingClientRect().top < 0) this.frame.scrollIntoView();
        break;
      case "shown":
        if (typeof data.title === "string") this.frame.title = this.settings.options.title || data.title;
        this.resolve(this.handle());
        break;
      case "refused":
        this.fail(String(data.code), String(data.message));
        break;
      case "say":
        this.say(String(data.text));
        break;
      case "event":
        // A frame that is loaded anew, back from a bank, has been there before.
        if (data.event === "post_load" && this.loaded) break;
        this.loaded = this.loaded || data.event === "post_load";
        this.inform(String(data.event), data.response);
        break;
      case "ask":
        this.ask(String(data.event), data.response).then(function (go) {
          port.postMessage({ type: "answer", id: data.id, value: go });
        });
        break;
      case "expired":
        this.inform("session_expired", {}).then(function (answers) {
          // Settings that were changed meanwhile vouch by themselves: the answer is about those before.
          var fresh = self.settings === asked ? self.renewed(answers) : null;
          port.postMessage({ type: "answer", id: data.id, value: fresh });
        });
    }
  };

  /** A window over the portal's page, such as the bank's question, is shown in the middle of what is in view. */
  Portal.prototype.cover = function (covered) {
    this.covered = covered;
    if (!covered) return;
    this.frame.style.height = Math.max(400, Math.min(root.innerHeight, 800)) + "px";
    this.frame.scrollIntoView();
  };

  /** What vouches from now on, where a handler of session_expired gave it: in an object, or the text alone. */
  Portal.prototype.renewed = function (answers) {
    var fresh = answers.filter(Boolean)[0];
    if (!fresh || fresh === true) return null;
    var who = this.settings.who;
    var kind = who.identity ? "identity" : "hash";
    var given = typeof fresh === "string" ? {} : pick(WHO, fresh);
    if (typeof fresh === "string") given[kind] = fresh;
    if (given.identity) delete who.hash;
    else if (given.hash) delete who.identity;
    Object.keys(given).forEach(function (name) {
      who[name] = given[name];
    });
    return who;
  };

  Portal.prototype.update = function (changes, whole) {
    var next = {};
    var self = this;
    [whole ? {} : this.given, changes || {}].forEach(function (from) {
      Object.keys(from).forEach(function (name) {
        next[name] = from[name];
      });
    });
    var before = this.settings;
    this.given = next;
    this.settings = settle(next);
    // Frameworks set what they have set before, each time that they draw.
    if (JSON.stringify(before) === JSON.stringify(this.settings)) return this.ready;
    this.say("updated to", shown(this.settings));
    if (!this.port || before.base !== this.settings.base) return mount(this.element, next);
    return this.waiting(function () {
      self.begin();
    });
  };

  Portal.prototype.waiting = function (begin) {
    var self = this;
    var before = this.resolve;
    this.ready = new Promise(function (resolve, reject) {
      self.resolve = resolve;
      self.reject = reject;
    });
    // What went wrong is said in the console and by the event `error`: nobody need catch it once more.
    this.ready.catch(quietly);
    // Who still waits for the settings before waits for these.
    if (before) before(this.ready);
    begin();
    return this.ready;
  };

  Portal.prototype.close = function () {
    if (this.closed) return;
    this.closed = true;
    root.clearTimeout(this.timer);
    root.removeEventListener("message", this.hear);
    if (this.port) this.port.close();
    if (this.frame) this.frame.remove();
    portals.splice(portals.indexOf(this), 1);
    this.listeners = [];
    this.reject(failure("unmounted", "it was unmounted"));
    watch();
  };

  Portal.prototype.handle = function () {
    var self = this;
    return {
      element: this.element,
      update: function (changes) {
        return update(self.element, changes);
      },
      unmount: function () {
        unmount(self.element);
      },
      on: function (event, run) {
        return listen(self.listeners, event, run);
      }
    };
  };

  function listen(list, event, run) {
    var entry = { event: event, run: run };
    list.push(entry);
    return function () {
      var place = list.indexOf(entry);
      if (place >= 0) list.splice(place, 1);
    };
  }

  /** A page that takes its element away without a word has unmounted the portal. */
  function watch() {
    if (portals.length && !watcher) {
      watcher = new MutationObserver(function () {
        portals.slice().forEach(function (portal) {
          if (!portal.element.isConnected) portal.close();
        });
      });
      watcher.observe(doc, { childList: true, subtree: true });
    } else if (!portals.length && watcher) {
      watcher.disconnect();
      watcher = null;
    }
  }

  function find(target) {
    return typeof target === "string" ? doc.querySelector(target) : target;
  }

  function at(target) {
    var element = find(target);
    return portals.filter(function (portal) {
      return portal.element === element;
    })[0];
  }

  function mount(target, settings) {
    var element = find(target);
    if (!element) return Promise.reject(failure("no_element", "there is no element " + target));
    unmount(element);
    return new Portal(element, settings).open();
  }

  function unmount(target) {
    var portal = at(target);
    if (portal) portal.close();
    return Boolean(portal);
  }

  function update(target, changes, whole) {
    var portal = at(target);
    return portal ? portal.update(changes, whole) : mount(target, changes);
  }

  function quietly() {}

  /** Mount what the page's settings objects ask for, where their elements are there and empty. */
  function start() {
    GLOBALS.some(function (name) {
      if (!root[name]) return false;
      [].concat(root[name]).forEach(function (settings) {
        var places = settings.selector ? [settings.selector] : PLACES;
        var place = places.filter(find)[0];
        if (place && !at(place)) mount(place, settings).catch(quietly);
      });
      return true;
    });
  }

  function whenRead() {
    if (doc.readyState === "loading") doc.addEventListener("DOMContentLoaded", start, { once: true });
    else start();
  }

  // <invoice-portal email="…" hash="…">, written without `class` for old parsers.
  var ATTRIBUTES = ["email", "customer-id", "hash", "identity", "subscription-id", "link", "url"];
  var OPTION_ATTRIBUTES = ["language", "theme", "actions", "debug", "frame-title"];

  function InvoicePortalElement() {
    return Reflect.construct(HTMLElement, [], InvoicePortalElement);
  }

  Object.setPrototypeOf(InvoicePortalElement, HTMLElement);
  InvoicePortalElement.observedAttributes = ATTRIBUTES.concat(OPTION_ATTRIBUTES);
  InvoicePortalElement.prototype = Object.create(HTMLElement.prototype, {
    constructor: { value: InvoicePortalElement },
    connectedCallback: { value: later },
    attributeChangedCallback: { value: later },
    disconnectedCallback: {
      value: function () {
        if (!this.isConnected) unmount(this);
      }
    },
    settings: {
      get: function () {
        return this.own;
      },
      set: function (settings) {
        this.own = settings;
        later.call(this);
      }
    }
  });

  /** Once for everything that a framework sets in one go. */
  function later() {
    var element = this;
    if (element.due) return;
    element.due = true;
    Promise.resolve().then(function () {
      element.due = false;
      if (!element.isConnected) return;
      var settings = { options: {} };
      ATTRIBUTES.forEach(function (name) {
        if (element.hasAttribute(name)) settings[name.replace("-", "_")] = element.getAttribute(name);
      });
      OPTION_ATTRIBUTES.forEach(function (name) {
        if (element.hasAttribute(name)) settings.options[name.replace("frame-", "")] = element.getAttribute(name);
      });
      if (settings.options.actions) settings.options.actions = settings.options.actions.split(/[\s,]+/);
      if (element.hasAttribute("debug")) settings.options.debug = true;
      Object.keys(element.own || {}).forEach(function (name) {
        settings[name] = element.own[name];
      });
      // All of them: an attribute that was taken away counts no more.
      update(element, settings, true).catch(quietly);
    });
  }

  root.InvoicePortal = {
    mount: mount,
    unmount: unmount,
    update: function (target, changes) {
      return update(target, changes);
    },
    start: start,
    on: function (event, run) {
      return listen(everywhere, event, run);
    },
    from: function (script) {
      base = base || folderOf(script);
    }
  };
  if (!root.customElements.get("invoice-portal")) root.customElements.define("invoice-portal", InvoicePortalElement);
  Promise.resolve().then(whenRead);
})(window);
