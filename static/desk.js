/* The review desk's quickness: the next card is there before it is asked for, and a decision shows before it is answered.
   What colleagues decide, and thumbs. Without this file the desk works the same, a moment later. */
"use strict";
(() => {
  const $ = (css, root = document) => root.querySelector(css);
  const body = document.body;
  const DECISION = /\/review\/(\d+)\/(approve|reject|snooze|merge)\/(\?|$)/;
  const FRESH = 120000; // ms that a fetched card may wait; what a colleague does to it throws it away at once
  const SECOND_CLICK = 400; // ms after a new card in which a click is still the double click on the old one
  const saving = () => navigator.connection?.saveData === true;

  /* ---------- the card that comes after the one shown ---------- */
  let next = null; // { after, id, html, at }
  let asking = null;
  let timer = 0;
  function forget() {
    clearTimeout(timer);
    asking?.abort();
    asking = next = null;
  }
  function prepare(wait = 120) {
    forget();
    const card = $("#card");
    if (card?.dataset.next && !saving() && !flights.size && !document.hidden) timer = setTimeout(() => ask(card), wait);
  }
  async function ask(card) {
    const mine = (asking = new AbortController());
    const headers = { "HX-Request": "true", "HX-Target": "card", "HX-Current-URL": location.href };
    try {
      const answer = await fetch(card.dataset.next, { headers, signal: mine.signal, priority: "low", credentials: "same-origin" });
      if (answer.status !== 200 || answer.redirected) return;
      const html = await answer.text();
      const id = new DOMParser().parseFromString(html, "text/html").querySelector("#card")?.dataset.id;
      if (asking !== mine || !id) return;
      next = { after: card.dataset.id, id, html, at: Date.now() };
      card.dataset.ready = id;
    } catch (error) {
      if (error.name !== "AbortError") next = null; // offline: the decision itself will say so
    }
  }
  const ready = (card) => (next && next.after === card?.dataset.id && Date.now() - next.at < FRESH ? next : null);
  function put(card, html) {
    htmx.swap(card, html, { swapStyle: "outerHTML" });
  }

  /* ---------- a decision shows at once; the old card waits aside until the server has agreed ---------- */
  const flights = new Map(); // XMLHttpRequest → what it decided
  const afterwards = [];
  let swapped = 0;
  const aside = document.createElement("div");
  aside.hidden = true;
  aside.inert = true;
  body.append(aside);

  body.addEventListener("htmx:configRequest", (e) => {
    const { elt, path, verb, headers } = e.detail;
    const card = $("#card");
    // A card aside has no id by which the server knows that it alone is asked for, not the page around it.
    if (aside.contains(elt)) headers["HX-Target"] = "card";
    if (verb === "post" && DECISION.test(path) && card?.contains(elt) && ready(card)) headers["TT-Shown"] = next.id;
  });
  body.addEventListener("htmx:beforeSend", (e) => {
    const shown = e.detail.requestConfig.headers["TT-Shown"];
    if (!shown || shown !== next?.id) return;
    const card = $("#card");
    const row = document.getElementById(`row-${card.dataset.id}`);
    flights.set(e.detail.xhr, { card, row, shown, address: location.href });
    const html = next.html;
    const place = document.createElement("section");
    card.before(place);
    for (const menu of card.querySelectorAll("details[open]")) menu.open = false;
    card.removeAttribute("id");
    aside.append(card);
    if (row) row.hidden = true;
    swapped = Date.now();
    put(place, html);
    go(shown);
    $("#card h2")?.focus({ preventScroll: true });
  });
  function go(id) {
    const url = new URL(location.href);
    url.searchParams.set("at", id);
    tasktracker.replaceAddress(url.pathname + url.search);
  }

  /* The answer brings the counts and the toast; its card only where it is another than the one that is shown. */
  body.addEventListener("htmx:beforeSwap", (e) => {
    const flight = flights.get(e.detail.xhr);
    if (flight && e.detail.target?.id === "card" && $("#card")?.dataset.id !== flight.shown) e.detail.swapOverride = "none";
  });
  body.addEventListener("htmx:afterRequest", (e) => {
    const flight = flights.get(e.detail.xhr);
    if (!flight) return;
    flights.delete(e.detail.xhr);
    const { status } = e.detail.xhr;
    if (status >= 200 && status < 300) flight.card.remove();
    else putBack(flight);
    if (flights.size) return;
    for (const act of afterwards.splice(0)) act();
    prepare();
  });
  function putBack({ card, row, shown, address }) {
    if (row) row.hidden = false;
    const now = $("#card");
    if (now?.dataset.id !== shown || $("form.edit, details[open]", now)) {
      // The reader is further on by now: nothing is moved under their hands.
      card.remove();
      tasktracker.toast(`“${$("h2", card)?.textContent ?? "A proposal"}” was not decided: it is in the list again.`, "error");
      return;
    }
    card.id = "card";
    now.replaceWith(card);
    tasktracker.replaceAddress(address);
    tasktracker.arrange();
    if (!tasktracker.typesOutside(card)) $("h2", card)?.focus({ preventScroll: true });
  }
  /* "Undo my last" is about the decision that is still on its way, not the one before it. */
  body.addEventListener("htmx:confirm", (e) => {
    if (!flights.size || e.detail.verb !== "post" || !/\/review\/undo\//.test(e.detail.path)) return;
    e.preventDefault();
    // The card with this button may be gone by then: that of the card which is there asks for the same.
    afterwards.push(() => (e.detail.elt.isConnected ? e.detail.issueRequest() : $('#card form[action*="/review/undo/"] button')?.click()));
  });
  document.addEventListener("click", (e) => {
    if (e.detail > 0 && Date.now() - swapped < SECOND_CLICK && e.target.closest("#card .actions")) {
      e.preventDefault();
      e.stopPropagation();
    }
  }, true);

  /* ---------- moving to the next row shows what is there already ---------- */
  document.addEventListener("tt:open", (e) => {
    const card = $("#card");
    if (!ready(card) || String(next.id) !== String(e.detail.id)) return;
    e.preventDefault();
    put(card, next.html);
  });

  document.addEventListener("tt:event", (e) => {
    const { object } = e.detail;
    if (object?.kind === "proposal" && String(object.id) === next?.id) prepare(300);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !next) prepare(); });
  body.addEventListener("htmx:afterSettle", (e) => { if (e.target.id === "card") prepare(); });
  addEventListener("pagehide", forget);

  /* What a colleague decides: the open card tells it, its row is struck out; nothing moves. */
  let ownDeed = 0;
  body.addEventListener("htmx:beforeRequest", (e) => { if (e.detail.requestConfig.verb === "post") ownDeed = Date.now(); });
  document.addEventListener("tt:event", (e) => {
    const { type, object } = e.detail;
    const card = $("#card");
    if (!card || object?.kind !== "proposal" || type === "proposal.created" || Date.now() - ownDeed < 3000) return;
    if (String(object.id) === card.dataset.id) { if (!$("form.edit, details[open]", card)) tasktracker.refresh(card); }
    else document.getElementById(`row-${object.id}`)?.classList.toggle("gone", type !== "proposal.undone");
  });
  /* What was typed or opened on the card since it was asked for anew stays. */
  body.addEventListener("htmx:beforeSwap", (e) => {
    const { target, requestConfig } = e.detail;
    if (target.id === "card" && requestConfig.triggeringEvent?.type === "live" && $("form.edit, details[open]", target)) e.detail.shouldSwap = false;
  });

  /* ---------- thumbs: right approves, left asks for the reason to reject; both can be undone ---------- */
  let touch = null;
  document.addEventListener("touchstart", (e) => {
    const plain = e.touches.length === 1 && e.target.closest("#card") && !e.target.closest(".trail, .table-wrap, input, textarea, form.edit, details[open]");
    touch = plain ? e.touches[0] : null; // two fingers zoom
  }, { passive: true });
  document.addEventListener("touchend", (e) => {
    if (!touch || !matchMedia("(max-width: 760px)").matches || !getSelection().isCollapsed) return;
    const end = e.changedTouches[0];
    const dx = end.clientX - touch.clientX;
    if (Math.abs(dx) > 96 && Math.abs(end.clientY - touch.clientY) < 56) tasktracker.press(dx > 0 ? "KeyA" : "KeyR");
    touch = null;
  }, { passive: true });
  document.addEventListener("touchcancel", () => { touch = null; }, { passive: true });

  prepare(400);
})();
