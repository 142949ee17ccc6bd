/* Paying with Stripe's own script, which this one loads from Stripe when it is needed and which alone sees card data.
   All that decides is asked of the portal: before the money is taken, and afterwards. */
(function () {
  "use strict";

  var scripts = {};

  function each(root, selector, task) {
    Array.prototype.forEach.call(root.querySelectorAll(selector), task);
  }

  function loadStripe(options) {
    var url = options.stripe_js;
    if (!scripts[url]) {
      scripts[url] = new Promise(function (resolve, reject) {
        var script = document.createElement("script");
        script.src = url;
        script.onload = resolve;
        script.onerror = function () {
          delete scripts[url];
          script.remove();
          reject(new Error("Stripe.js did not load"));
        };
        document.head.appendChild(script);
      });
    }
    return scripts[url].then(function () {
      var more = { locale: options.locale };
      if (options.account) more.stripeAccount = options.account;
      return window.Stripe(options.key, more);
    });
  }

  /* Go to an address of the portal's; an embed frame goes there in its own way. */
  function go(url) {
    if (document.dispatchEvent(new CustomEvent("portal:go", { detail: url, cancelable: true }))) window.location.assign(url);
  }

  /* Whether the page around an embed frame lets a payment pass. */
  function allowed(details) {
    var question = { event: "pre_pay", response: details, answer: true };
    document.dispatchEvent(new CustomEvent("portal:ask", { detail: question }));
    return Promise.resolve(question.answer).then(function (answer) { return answer !== false; });
  }

  /* POST a form's fields and read JSON; anything else means that the visit has ended, or that the form is too old. */
  function post(url, form, more) {
    var body = new URLSearchParams(new FormData(form));
    Object.keys(more || {}).forEach(function (name) { body.set(name, more[name]); });
    var request = { method: "POST", body: body, headers: { Accept: "application/json" }, credentials: "same-origin" };
    return fetch(url, request).then(function (answer) {
      var type = answer.headers.get("content-type") || "";
      if (type.indexOf("application/json") === 0) return answer.json();
      go(form.dataset.portalHere);
      return new Promise(function () {});
    });
  }

  /* The portal's colours as Stripe's element takes them: plain rgb, whatever they are written in. */
  function colours(element) {
    var probe = document.createElement("span"), canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    var brush = canvas.getContext("2d", { willReadFrequently: true });
    element.appendChild(probe);
    function rgb(name) {
      probe.style.color = "var(" + name + ")";
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = getComputedStyle(probe).color;
      brush.fillRect(0, 0, 1, 1);
      var pixel = brush.getImageData(0, 0, 1, 1).data;
      return "rgb(" + pixel[0] + ", " + pixel[1] + ", " + pixel[2] + ")";
    }
    var found = {
      colorPrimary: rgb("--portal-link"),
      colorBackground: rgb("--portal-surface"),
      colorText: rgb("--portal-ink"),
      colorTextSecondary: rgb("--portal-muted"),
      colorDanger: rgb("--portal-bad"),
      fontFamily: getComputedStyle(element).fontFamily,
      borderRadius: "8px"
    };
    probe.remove();
    return { theme: "stripe", variables: found, rules: { ".Input": { border: "1px solid " + edge() } } };
    function edge() {
      element.appendChild(probe);
      var colour = rgb("--portal-edge");
      probe.remove();
      return colour;
    }
  }

  function say(form, text) {
    var place = form.querySelector(".portal-problem");
    place.textContent = text;
    place.hidden = !text;
  }

  function busy(form, on) {
    each(form, "button", function (button) { button.disabled = on; });
    form.setAttribute("aria-busy", on ? "true" : "false");
  }

  function told(answer) {
    return answer.text || "";
  }

  /* A new method: the element is mounted once it is looked at. */
  function setUpNew(details) {
    var options = JSON.parse(details.dataset.portalPay), form = details.querySelector("form");
    var state = null;
    details.hidden = false;

    function begin() {
      if (state || !details.open) return;
      state = {};
      Promise.all([loadStripe(options), post(options.new_url, form)])
        .then(function (both) { show(both[0], both[1]); })
        .catch(function () { state = null; say(form, options.lost); });
    }

    function show(stripe, answer) {
      if (answer.status !== "ready") {
        say(form, told(answer));
        return;
      }
      var settings = { clientSecret: answer.client_secret, appearance: colours(details), locale: options.locale };
      if (answer.session_secret) settings.customerSessionClientSecret = answer.session_secret;
      var elements = stripe.elements(settings), place = form.querySelector("[data-portal-element]");
      place.textContent = "";
      var element = elements.create("payment", { layout: "tabs" });
      element.on("ready", function () { busy(form, false); });
      element.on("loaderror", function () { say(form, options.lost); });
      element.mount(place);
      state = { stripe: stripe, elements: elements, answer: answer };
    }

    function pay() {
      var now = state, sealed = now.answer.paying || "";
      say(form, "");
      busy(form, true);
      now.elements.submit()
        .then(function (checked) {
          if (checked.error) throw checked.error;
          return options.check_url ? allowed(options.about) : true;
        })
        .then(function (yes) {
          if (!yes) return { status: "stopped", text: options.stopped };
          return options.check_url ? post(options.check_url, form, { paying: sealed }) : { status: "ready" };
        })
        .then(function (answer) {
          if (answer.status !== "ready") {
            say(form, told(answer));
            busy(form, answer.status === "changed");
            return null;
          }
          return take(now).then(function (result) {
            if (result.error) return refused(result.error, sealed);
            go(now.answer.return_url);
            return null;
          });
        })
        .catch(function (error) {
          say(form, error && error.message && error.type ? error.message : options.lost);
          busy(form, false);
        });
    }

    function take(now) {
      var request = {
        elements: now.elements,
        confirmParams: { return_url: new URL(now.answer.return_url, window.location.href).href },
        redirect: "if_required"
      };
      return options.setup ? now.stripe.confirmSetup(request) : now.stripe.confirmPayment(request);
    }

    /* What Stripe's script reports may be only a lost connection: the portal asks Stripe how it stands. */
    function refused(error, sealed) {
      if (error.type === "validation_error" || !options.result_url) {
        say(form, error.message);
        busy(form, false);
        return null;
      }
      var lost = error.type === "api_connection_error" ? "1" : "";
      return post(options.result_url, form, { paying: sealed, lost: lost }).then(function (answer) {
        if (answer.status === "paid" || answer.status === "processing") {
          go(answer.url);
          return;
        }
        say(form, told(answer) || error.message);
        busy(form, false);
      });
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (state && state.elements && form.getAttribute("aria-busy") !== "true") pay();
    });
    details.addEventListener("toggle", begin);
    begin();
  }

  /* The customer's bank asks. */
  function setUpBank(form) {
    var options = JSON.parse(form.dataset.portalBank);
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      say(form, "");
      busy(form, true);
      askBank(options, form).catch(function () { say(form, options.lost); busy(form, false); });
    });
  }

  function askBank(options, form) {
    return Promise.all([loadStripe(options), post(options.bank_url, form)]).then(function (both) {
      var stripe = both[0], answer = both[1];
      if (answer.status === "changed") {
        go(form.dataset.portalHere);
        return null;
      }
      if (answer.status !== "ready") {
        say(form, told(answer));
        busy(form, false);
        return null;
      }
      /* However it ended: where it leads to asks Stripe. */
      return stripe.handleNextAction({ clientSecret: answer.client_secret }).then(function () {
        go(answer.return_url);
      });
    });
  }

  /* Several invoices, one after the other; each is settled on its own. */
  function setUpSeveral(form) {
    function ticked() {
      return Array.prototype.filter.call(form.querySelectorAll("[data-portal-row]"), function (row) {
        return row.querySelector("input[type=checkbox]").checked;
      });
    }
    /* The sum is of all of them, and is not said of fewer. */
    function showSum() {
      each(form, "[data-portal-sum]", function (sum) {
        sum.hidden = ticked().length < form.querySelectorAll("[data-portal-row]").length;
      });
    }
    form.addEventListener("change", showSum);
    showSum();
    form.addEventListener("submit", function (event) {
      var rows = ticked();
      var options = JSON.parse(form.dataset.portalSeveral);
      if (!rows.length || form.getAttribute("aria-busy") === "true") {
        event.preventDefault();
        return;
      }
      event.preventDefault();
      busy(form, true);
      settleNext(form, options, rows, 0, false);
    });
  }

  function settleNext(form, options, rows, position, left) {
    var place = form.querySelector("[data-portal-progress]");
    function stop() {
      place.textContent = options.stopped;
      busy(form, false);
      form.dispatchEvent(new Event("change")); /* what was paid is ticked no longer */
    }
    if (position === rows.length) {
      if (left) {
        stop();
        return;
      }
      place.textContent = options.done;
      go(options.done_url);
      return;
    }
    place.textContent = options.progress.replace("%1", String(position + 1)).replace("%2", String(rows.length));
    var row = rows[position], box = row.querySelector("input[type=checkbox]"), status = row.querySelector("[data-portal-status]");
    status.textContent = options.working;
    allowed(JSON.parse(row.dataset.portalWith))
      .then(function (yes) {
        if (!yes) return { status: "stopped", text: options.refused, next: true };
        return post(row.dataset.portalRow, form, { statement: box.value });
      })
      .then(function (answer) {
        var done = answer.status === "paid" || answer.status === "processing" || answer.status === "nothing";
        status.textContent = told(answer);
        if (done || answer.status === "changed") {
          box.checked = false;
          box.disabled = true;
        }
        if (!done && answer.url) {
          var link = document.createElement("a");
          link.href = answer.url;
          link.textContent = options.go_on;
          status.appendChild(document.createTextNode(" "));
          status.appendChild(link);
        }
        if (answer.next) settleNext(form, options, rows, position + 1, left || !done);
        else stop();
      })
      .catch(function () {
        status.textContent = options.lost;
        stop();
      });
  }

  function setUp() {
    each(document, "[data-portal-pay]", function (found) { once(found, setUpNew); });
    each(document, "[data-portal-bank]", function (found) { once(found, setUpBank); });
    each(document, "[data-portal-several]", function (found) { once(found, setUpSeveral); });
    each(document, "form[data-portal-once]", function (found) { once(found, sendOnce); });
  }

  /* A second click changes nothing at Stripe; this only keeps the page quiet. */
  function sendOnce(form) {
    form.addEventListener("submit", function (event) {
      if (form.getAttribute("aria-busy") === "true") event.preventDefault();
      form.setAttribute("aria-busy", "true");
    });
    window.addEventListener("pageshow", function () { form.setAttribute("aria-busy", "false"); });
  }

  function once(element, task) {
    if (element.portalReady) return;
    element.portalReady = true;
    task(element);
  }

  document.addEventListener("portal:shown", setUp);
  setUp();
})();
