/* The page's own script. Everything here is a convenience: links keep their href and forms their action without it. */
"use strict";
(() => {
  const $ = (css, root = document) => root.querySelector(css);
  const $$ = (css, root = document) => [...root.querySelectorAll(css)];
  const visible = (el) => (el.checkVisibility ? el.checkVisibility() : el.getClientRects().length > 0); // in a closed menu it is not
  const body = document.body; // the Mini App puts its own words into data-say-*

  /* ---------- theme: a cookie, so that the server paints the right one at once ---------- */
  function setTheme(name) {
    const year = 31536000;
    document.cookie = `theme=${name}; path=/; samesite=lax; max-age=${name ? year : 0}`;
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
  }
  function switchTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    setTheme(next === (dark ? "dark" : "light") ? "" : next);
  }

  /* ---------- times: relative, the exact one on hover, in the reader's zone ---------- */
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const moment = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  const longDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
  function paintTimes(root = document) {
    const now = new Date();
    for (const el of $$("time[datetime]", root)) {
      const at = new Date(el.dateTime);
      const seconds = (now - at) / 1000;
      el.title = exact.format(at);
      if (el.hasAttribute("data-exact")) {
        el.textContent = (el.dataset.exact === "short" ? moment : exact).format(at);
        continue;
      }
      const past = Math.abs(seconds);
      const sign = seconds < 0 ? "in " : "";
      if (past < 45) el.textContent = "now";
      else if (past < 3570) el.textContent = `${sign}${Math.max(1, Math.round(past / 60))}m`;
      else if (past < 84600) el.textContent = `${sign}${Math.round(past / 3600)}h`;
      else if (past < 86400 * 6.5) el.textContent = `${sign}${Math.round(past / 86400)}d`;
      else el.textContent = (at.getFullYear() === now.getFullYear() ? shortDay : longDay).format(at);
    }
  }

  /* ---------- toasts ---------- */
  function armToast(el) {
    if (el.dataset.armed) return;
    el.dataset.armed = "1";
    $$(".toast[data-armed]:not(.error)").forEach((other) => other !== el && leave(other));
    let left = el.classList.contains("error") ? 15 : 9;
    const timer = setInterval(() => {
      if (!el.isConnected) clearInterval(timer);
      else if (!el.matches(":hover, :focus-within") && (left -= 1) <= 0) leave(el);
    }, 1000);
  }
  /* What it has asked the server is answered to the page only while it is there. */
  function leave(el) {
    if ($(".htmx-request", el)) el.hidden = true;
    else el.remove();
  }
  body.addEventListener("htmx:afterRequest", (e) => {
    const el = e.target.closest?.(".toast");
    if (el && (el.hidden || e.detail.successful)) el.remove();
  });
  function toast(text, kind = "") {
    const el = document.createElement("div");
    el.className = `toast ${kind}`;
    el.setAttribute("role", "status");
    const words = document.createElement("span");
    words.className = "grow";
    words.textContent = text;
    const close = document.createElement("button");
    close.className = "x";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", body.dataset.sayDismiss || "Dismiss");
    close.textContent = "×";
    el.append(words, close);
    $("#toasts").append(el);
    armToast(el);
  }

  /* ---------- the socket: what changed, never what it says ---------- */
  const socket = { tries: 0, since: body.dataset.since || "", timer: 0, ws: null };
  const waiting = new Map();
  function liveState(state, words) {
    const el = $("#live");
    if (!el) return;
    el.dataset.state = state;
    $("span", el).textContent = words;
    el.title = { live: "Connected: this page updates by itself", retry: "Connection lost, trying again", off: "Not connected" }[state];
  }
  function connect() {
    clearTimeout(socket.timer);
    if (!body.dataset.ws || (socket.ws && socket.ws.readyState < 2)) return;
    const url = new URL(body.dataset.ws, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (socket.since) url.searchParams.set("since", socket.since);
    if (document.getElementById("desk")) url.searchParams.set("presence", "1");
    const ws = (socket.ws = new WebSocket(url));
    ws.onopen = () => { socket.tries = 0; liveState("live", "live"); document.dispatchEvent(new Event("tt:connected")); };
    ws.onmessage = (e) => {
      const got = JSON.parse(e.data);
      for (const frame of Array.isArray(got) ? got : [got]) receive(frame);
    };
    ws.onclose = (e) => {
      if (socket.ws !== ws) return;
      if (e.code === 4401 || e.code === 4403) return liveState("off", "offline");
      liveState("retry", "reconnecting");
      const ceiling = Math.min(30000, 500 * 2 ** socket.tries++);
      socket.timer = setTimeout(connect, ceiling * (0.5 + Math.random() / 2));
    };
  }
  document.addEventListener("tt:say", (e) => {
    if (socket.ws && socket.ws.readyState === 1) socket.ws.send(JSON.stringify(e.detail));
  });
  function receive(frame) {
    if (frame.type === "reset") {
      socket.since = frame.id || "";
      $$("[data-live]").forEach((el) => refresh(el));
      return;
    }
    if (frame.id) {
      if (socket.since && Number(frame.id) <= Number(socket.since)) return;
      socket.since = String(frame.id);
    }
    document.dispatchEvent(new CustomEvent("tt:event", { detail: frame }));
    for (const el of $$("[data-live]")) {
      if (el.dataset.live.split(" ").some((prefix) => frame.type.startsWith(prefix)) && concerns(el, frame)) refresh(el);
    }
  }
  /* A page about certain things names them; it does not care for the others. */
  const concerns = (el, { object }) => !el.dataset.liveOf || !object || el.dataset.liveOf.split(" ").includes(`${object.kind}:${object.id}`);
  /* Many frames are one refetch: 250 ms after the last of them, at the latest 1 s after the first, and never sooner
     than 1 s after the refetch before. */
  const fetched = new Map();
  function refresh(el) {
    const key = el.id;
    const had = waiting.get(key);
    const first = had ? had.first : Date.now();
    if (had) clearTimeout(had.timer);
    const wait = Math.max(0, Math.min(250, first + 1000 - Date.now()), (fetched.get(key) || 0) + 1000 - Date.now());
    const fire = () => {
      waiting.delete(key);
      fetched.set(key, Date.now());
      const target = document.getElementById(key);
      if (target) htmx.trigger(target, "live");
    };
    waiting.set(key, { first, timer: setTimeout(fire, wait) });
  }

  /* ---------- new rows wait while the pointer, the focus or the scroll position is in their list ---------- */
  const around = (el) => el.closest(".live-list, .desk-list, .panel") || el;
  function busy(el) {
    const scroller = el.closest(".live-list, .desk-rows");
    return around(el).matches(":hover, :focus-within") || $(".dragged", el) || (scroller ? scroller.scrollTop : scrollY) > 4;
  }
  const keysOf = (root) => $$("[data-key-id]", root).map((el) => el.dataset.keyId);
  function hold(el, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const have = new Set(keysOf(el));
    const count = keysOf(fresh).filter((id) => !have.has(id)).length;
    el.held = html;
    el.heldOver = have;
    const button = $(`[data-held-for="${el.id}"]`);
    if (!button) return;
    const says = el.dataset.holdSays;
    button.hidden = count === 0 && !says;
    $("button", button).textContent = count || !says ? `${count} new` : says;
  }
  /* The words of a part of the page, without what counts time or was opened by hand. */
  function wordsOf(el) {
    const copy = el.cloneNode(true);
    for (const one of $$("time, .talk", copy)) one.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  }
  function isNews(el, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(el.id);
    return !fresh || wordsOf(fresh) !== wordsOf(el) || fresh.querySelectorAll("[data-key-id]").length !== keysOf(el).length;
  }
  function release(el) {
    if (el.held === undefined) return;
    const have = new Set(keysOf(el));
    const html = el.dataset.hold === "always" ? without([...el.heldOver].filter((id) => !have.has(id)), el.held) : el.held;
    delete el.held;
    const button = $(`[data-held-for="${el.id}"]`);
    if (button) button.hidden = true;
    const id = el.id;
    htmx.swap(el, html, { swapStyle: "outerHTML" }, { select: el.getAttribute("hx-select") });
    markNew(document.getElementById(id), have);
    arrange();
  }
  /* What left the list since the rows were fetched does not come back with them. */
  function without(gone, html) {
    if (!gone.length) return html;
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const row of $$("[data-key-id]", fresh)) if (gone.includes(row.dataset.keyId)) row.remove();
    return fresh.body.innerHTML;
  }
  function markNew(el, have) {
    if (!el || !have.size) return;
    for (const row of $$("[data-key-id]", el)) if (!have.has(row.dataset.keyId)) row.classList.add("is-new");
  }
  body.addEventListener("htmx:beforeSwap", (e) => {
    const el = e.detail.target;
    if (!el.hasAttribute || !el.hasAttribute("data-hold") || e.detail.requestConfig.triggeringEvent?.type !== "live") return;
    const says = el.dataset.holdSays;
    if (says && !isNews(el, e.detail.serverResponse)) {
      e.detail.shouldSwap = false;
      return;
    }
    const rows = keysOf(el).length || Boolean(says);
    if (rows && (busy(el) || el.dataset.hold === "always")) {
      e.detail.shouldSwap = false;
      hold(el, e.detail.serverResponse);
    } else if (rows) {
      const have = new Set(keysOf(el));
      el.ownerDocument.addEventListener("htmx:afterSettle", () => markNew(document.getElementById(el.id), have), { once: true });
    }
  });
  body.addEventListener("mouseout", (e) => {
    for (const el of $$('[data-hold="pointer"]')) {
      if (el.held !== undefined && !around(el).contains(e.relatedTarget) && !busy(el)) release(el);
    }
  });

  /* A table that someone has opened stays open when its part of the page moves by itself. */
  body.addEventListener("htmx:beforeSwap", (e) => {
    const open = $$("details[id][open]", e.detail.target).map((el) => el.id);
    if (!open.length || e.detail.requestConfig.triggeringEvent?.type !== "live") return;
    body.addEventListener("htmx:afterSwap", () => {
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    }, { once: true });
  });

  /* ---------- htmx: what went wrong, in words ---------- */
  body.addEventListener("htmx:responseError", (e) => {
    const status = e.detail.xhr.status;
    const quiet = e.detail.requestConfig.triggeringEvent?.type === "live";
    if (quiet) return;
    if (status === 404) toast(body.dataset.sayGone || "That is not here any more.", "error");
    else if (status === 403) toast(body.dataset.sayForbidden || "Your session or your role does not allow this. Reload the page to sign in again.", "error");
    else toast(body.dataset.sayFailed || "The server could not do that. Nothing was changed; please try again.", "error");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) body.addEventListener(name, (e) => {
    if (e.detail.requestConfig.triggeringEvent?.type !== "live") toast(body.dataset.saySilent || "No answer from the server. Nothing was changed; please try again.", "error");
  });

  /* ---------- the desk: list on the left, card on the right ---------- */
  const items = () => $$("[data-item]").filter(visible);
  const current = () => $('[data-item][aria-current="true"]');
  let opening = 0;
  let coming = ""; // the row whose card is on its way
  let queued = null; // { code, id }: a key that waits for the card of a row, and is for no other
  const idOf = (row) => row.closest("li").dataset.keyId;
  /* The card follows the selection a moment later: a key pressed in between is meant for the card to come. */
  const behind = () => {
    const row = current();
    return row && row.hasAttribute("data-card") && idOf(row) !== $("#card")?.dataset.id;
  };
  function mark(el) {
    $$("[data-item][aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    if (!el) return;
    el.setAttribute("aria-current", "true");
    el.scrollIntoView({ block: "nearest" });
  }
  function move(step, extend) {
    const all = items();
    if (!all.length) return;
    const here = all.indexOf(current());
    const next = all[here < 0 ? 0 : Math.max(0, Math.min(all.length - 1, here + step))];
    if (extend) [all[here], next].forEach((el) => el && check(el, true));
    mark(next);
    next.focus({ preventScroll: true });
    if (!next.hasAttribute("data-card")) return;
    coming = idOf(next);
    clearTimeout(opening);
    opening = setTimeout(() => openCard(next), 60);
  }
  const address = () => location.pathname + location.search;
  let shown = address();
  function openCard(row, remember) {
    const id = (coming = idOf(row));
    clearTimeout(opening);
    const there = !document.dispatchEvent(new CustomEvent("tt:open", { detail: { id }, cancelable: true }));
    // The target is the desk, which stays: the card may be another one by the time that the answer is here.
    if (!there) htmx.ajax("GET", row.href, { source: "#desk", target: "#desk", swap: "outerHTML", headers: { "HX-Target": "card" } });
    history[remember ? "pushState" : "replaceState"](null, "", row.href);
    shown = address();
  }
  function check(item, value) {
    const box = $('input[type="checkbox"]', item.closest("li") || item);
    if (!box) return;
    box.checked = value === undefined ? !box.checked : value;
    countSelected();
  }
  function countSelected() {
    const count = $$('.desk-rows input[name="ids"]:checked').length;
    $$("[data-selected]").forEach((el) => { el.textContent = String(count); });
  }
  function arrange() {
    const card = $("#card");
    if (!card) return;
    const late = coming && coming !== card.dataset.id && document.getElementById(`row-${coming}`);
    if (!late) {
      coming = "";
      const row = document.getElementById(`row-${card.dataset.id}`);
      mark(row && $("[data-item]", row));
    }
    const desk = $(".desk-page");
    desk.toggleAttribute("data-open", card.hasAttribute("data-open"));
    const focus = $("[data-focus]", card) || $("form.edit .field :is(input, textarea, select)", card);
    if (focus) {
      const free = !typesOutside(card);
      if (free) focus.focus({ preventScroll: true });
      focus.removeAttribute("data-focus");
      if (free && focus.matches('[type="text"], textarea')) focus.setSelectionRange(focus.value.length, focus.value.length);
    }
    countSelected();
    if (late || !queued) return;
    const { code, id } = queued;
    queued = null;
    if (id === card.dataset.id) press(code);
  }
  body.addEventListener("htmx:beforeSwap", (e) => {
    if (e.detail.requestConfig.elt.id !== "desk") return;
    e.detail.target = $("#card");
    const id = new URL(e.detail.requestConfig.path, location.href).searchParams.get("at");
    if (coming && id !== coming) e.detail.shouldSwap = false; // the reader is further on
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) body.addEventListener(name, (e) => {
    if (e.detail.requestConfig.elt.id !== "desk") return;
    coming = "";
    queued = null;
    arrange();
  });

  /* ---------- keys: by event.code, so that they work on any layout; silent while someone types ---------- */
  /* A card that comes while somebody types in another field leaves them there. */
  const typesOutside = (card) => typing(document.activeElement) && !card.contains(document.activeElement);
  const typing = (el) => el.matches?.('input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]');
  let sequence = 0;
  /* A person's own keys: what is pressed → what it means by default, "" for a key that was given away. */
  const own = JSON.parse(body.dataset.keymap || "{}");
  const codeOf = (e) => e.code.replace(/^Numpad(\d)$/, "Digit$1").replace("NumpadEnter", "Enter");
  const meant = (code, scope = "") => own[scope + code] ?? code;
  function press(code) {
    const open = $("dialog[open]");
    const menu = $("details.menu[open]");
    for (const scope of [open, menu, current(), document]) {
      if (!scope) { continue; }
      const el = $$(`[data-key="${code}"]`, scope).find(visible);
      if (el) {
        if (el.tagName === "SUMMARY") openMenu(el.parentElement);
        else el.click();
        return true;
      }
      // a digit chooses in what is open, or nothing
      if (scope === open || (scope === menu && code.startsWith("Digit"))) return false;
    }
    return false;
  }
  function openMenu(details) {
    details.open = !details.open;
    if (details.open) $(".pop button, .pop a, .pop input", details)?.focus();
  }
  function closeMenus(except) {
    $$("details.menu[open]").forEach((el) => { if (!el.contains(except)) el.open = false; });
  }
  document.addEventListener("keydown", (e) => {
    const pressed = codeOf(e);
    const code = meant(pressed);
    if (code === "Escape") {
      const menu = $("details.menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else if (typing(e.target)) e.target.blur();
      else if (!$("dialog[open]")) press("Escape");
      return;
    }
    if ((e.ctrlKey || e.metaKey) && code === "Enter") { if (press("Ctrl+Enter")) e.preventDefault(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target)) return;
    if (code === "Enter" || code === "Space" || code === "Tab") {
      // a focused link or button does what it says; Enter elsewhere opens the current row
      if (code === "Enter" && !e.target.matches("a, button, summary, input") && current()) { e.preventDefault(); current().click(); }
      return;
    }
    if (!body.hasAttribute("data-keys")) return;
    let done = true;
    if (sequence && Date.now() - sequence < 1500) {
      sequence = 0;
      const link = $(`[data-go="${meant(pressed, "go:")}"]`);
      if (link) link.click(); else done = false;
    } else if (e.key === "?" || (pressed === "Slash" && e.shiftKey)) showKeys();
    else if ((e.key === "/" && !("Slash" in own)) || code === "Slash") { const box = $("details.menu[open] [type=search]") || $("#search-box"); if (box) { box.focus(); box.select(); } else $('[data-go="Slash"]')?.click(); }
    else if (code === "KeyJ" || code === "KeyK") { if ($("dialog[open]")) return; move(code === "KeyJ" ? 1 : -1, e.shiftKey); }
    else if (e.repeat || e.shiftKey) return;
    else if (code === "KeyG") sequence = Date.now();
    else if (code === "KeyX" && current()) check(current());
    else if (behind() && !$("dialog[open]")) queued = { code, id: idOf(current()) };
    else done = press(code);
    if (done) e.preventDefault();
  });
  function showKeys() {
    const el = $("#keys");
    if (el && !el.open) el.showModal();
  }

  const openWindow = (href) => htmx.ajax("GET", href, { source: "#run-state", target: "#window", swap: "outerHTML" });

  /* ---------- clicks that need no server ---------- */
  let pointed = null;
  document.addEventListener("pointerdown", (e) => { pointed = e.target; });
  document.addEventListener("click", (e) => {
    const at = (css) => e.target.closest(css);
    if (at("[data-theme-switch]")) switchTheme();
    if (at("[data-show-keys]")) showKeys();
    if (at("[data-dismiss]")) leave(at(".toast"));
    if (at("[data-close]")) at("dialog").close();
    if (e.target.tagName === "DIALOG" && pointed === e.target) e.target.close(); // not where a selection only ends there
    if (at("[data-print]")) print();
    const plain = !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button);
    const row = plain && at("[data-card]");
    if (row) { e.preventDefault(); openCard(row, true); }
    const cell = plain && $("#window") && at("a.cell, a.cell-link");
    if (cell) { e.preventDefault(); openWindow(cell.href); }
    const map = plain && at(".window-map");
    if (map) {
      const box = map.getBoundingClientRect();
      const { columns, rows, first, size, total } = map.dataset;
      const row = Math.floor((e.clientY - box.top) / box.height * rows);
      const at = (row * columns + Math.floor((e.clientX - box.left) / box.width * columns)) * size;
      if (at < total) openWindow(`?window=${+first + at}`);
    }
    const held = at("[data-held-for]");
    if (held) { e.target.blur(); release(document.getElementById(held.dataset.heldFor)); }
    closeMenus(at("details.menu"));
  });
  document.addEventListener("change", (e) => {
    if (e.target.name === "ids") countSelected();
    if (e.target.matches("[data-submit]")) e.target.form.requestSubmit();
  });
  body.addEventListener("closeDialog", () => $("#dialog")?.close());

  /* ---------- after every swap, and at the start ---------- */
  function settle(root) {
    paintTimes(root);
    $$(".toast").forEach(armToast);
    countSelected();
    for (const el of $$("[data-held-for]:not([hidden])")) el.hidden = document.getElementById(el.dataset.heldFor)?.held === undefined;
    const dialog = $("#dialog");
    if (dialog && root.closest?.("#dialog-body") && !dialog.open) dialog.showModal();
  }
  body.addEventListener("htmx:afterSettle", (e) => {
    settle(e.target);
    if (e.target.id === "card" || e.target.id === "desk") arrange();
    if (e.target.id === "duplicates" && e.detail?.requestConfig?.triggeringEvent?.type === "submit") $(".item", e.target)?.focus();
  });
  body.addEventListener("htmx:oobAfterSwap", (e) => settle(e.target));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { paintTimes(); connect(); } });
  addEventListener("online", connect);
  window.tasktracker = {
    toast,
    arrange,
    press,
    refresh,
    typesOutside,
    meant: (e) => meant(codeOf(e)),
    replaceAddress(url) { history.replaceState(null, "", url); shown = address(); },
  };
  for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) body.addEventListener(name, () => { shown = address(); });
  addEventListener("popstate", () => { if (address() !== shown) location.reload(); });
  setInterval(paintTimes, 30000);
  settle(body);
  arrange();
  connect();
})();
