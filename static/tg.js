/* The Mini App in Telegram: reads what Telegram put into the address, logs in with it, takes its colours.
   Telegram's own script is not needed for that, so that none but ours runs here. */
"use strict";
(() => {
  const body = document.body;
  const root = document.documentElement;
  const launch = new URLSearchParams(location.hash.slice(1));
  const initData = launch.get("tgWebAppData") || "";

  /* ---------- language: Telegram's for this person; what the server answers in goes first ---------- */
  const parsed = (json) => { try { return JSON.parse(json) || {}; } catch { return {}; } };
  const words = parsed(body.dataset.words);
  function speak(language) {
    if (!words[language]) return;
    root.lang = language;
    for (const [name, told] of Object.entries(words[language])) body.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`] = told;
  }
  const person = parsed(new URLSearchParams(initData).get("user"));
  speak(person.language_code ? (/^uk(-|$)/i.test(person.language_code) ? "uk" : "en") : root.lang);
  body.addEventListener("htmx:beforeSwap", (e) => speak(e.detail.xhr.getResponseHeader("Content-Language")));

  /* ---------- colours: taken where they can be read (contrast of 4.5), else ours stay ---------- */
  function light(hex) {
    const part = (at) => { const c = parseInt(hex.slice(at, at + 2), 16) / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  }
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const set = (name, value) => (value ? root.style.setProperty(name, value) : root.style.removeProperty(name));
  function paint(given) {
    const colour = (name) => (/^#[0-9a-f]{6}$/i.test(given?.[name]) ? given[name] : "");
    const ground = colour("bg_color");
    if (!ground) return;
    const behind = colour("secondary_bg_color") || ground;
    const reads = (name) => { const hex = colour(name); return hex && contrast(hex, ground) >= 4.5 && contrast(hex, behind) >= 4.5 ? hex : ""; };
    root.dataset.theme = light(ground) < 0.18 ? "dark" : "light"; // which of our own colours stand beside Telegram's
    set("--surface", ground);
    set("--bg", behind);
    set("--well", behind);
    set("--text", reads("text_color"));
    set("--text-2", reads("hint_color") || reads("subtitle_text_color"));
    set("--accent", reads("link_color"));
    const [button, on] = [colour("button_color"), colour("button_text_color")];
    const reading = button && on && contrast(button, on) >= 4.5;
    set("--accent-solid", reading && button);
    set("--accent-hover", reading && button);
    set("--on-accent", reading && on);
  }
  paint(parsed(launch.get("tgWebAppThemeParams")));

  /* ---------- what Telegram tells while it is open: the apps call these by name, its web client sends a message ---------- */
  function receiveEvent(type, data) {
    if (type === "theme_changed") paint((typeof data === "string" ? parsed(data) : data)?.theme_params);
  }
  window.Telegram = { WebView: { receiveEvent } };
  window.TelegramGameProxy = { receiveEvent };
  window.TelegramGameProxy_receiveEvent = receiveEvent;
  addEventListener("message", (e) => {
    if (e.source !== window.parent || e.origin !== "https://web.telegram.org" || typeof e.data !== "string") return;
    const told = parsed(e.data);
    receiveEvent(told.eventType, told.eventData);
  });

  /* ---------- the session: in memory, and for a reload of this tab; a frame may have no storage ---------- */
  const whose = new URLSearchParams(initData).get("hash") || "";
  function remembered() {
    try { const [hash, key] = JSON.parse(sessionStorage.getItem("tg")) || []; return whose && hash === whose ? key : ""; } catch { return ""; }
  }
  let session = remembered();
  body.addEventListener("htmx:configRequest", (e) => { if (session) e.detail.headers["TG-Session"] = session; });
  body.addEventListener("htmx:beforeSwap", (e) => {
    const key = e.detail.xhr.getResponseHeader("TG-Session");
    if (!key) return;
    session = key;
    try { sessionStorage.setItem("tg", JSON.stringify([whose, key])); } catch { /* a reload asks to open it again */ }
  });

  /* ---------- what Telegram is told: that the page is there, and wants all of the height ---------- */
  function tell(type) {
    if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(type, "{}");
    else if (window.parent !== window) window.parent.postMessage(JSON.stringify({ eventType: type, eventData: {} }), "https://web.telegram.org");
  }

  /* ---------- thumbs: right approves, left asks for the reason to reject ---------- */
  let touch = null;
  document.addEventListener("touchstart", (e) => {
    const plain = e.touches.length === 1 && e.target.closest(".card-scroll") && !e.target.closest("input, details[open]");
    touch = plain ? e.touches[0] : null;
  }, { passive: true });
  document.addEventListener("touchend", (e) => {
    if (!touch || !getSelection().isCollapsed) return;
    const end = e.changedTouches[0];
    const dx = end.clientX - touch.clientX;
    if (Math.abs(dx) > 96 && Math.abs(end.clientY - touch.clientY) < 56) tasktracker.press(dx > 0 ? "KeyA" : "KeyR");
    touch = null;
  }, { passive: true });
  document.addEventListener("touchcancel", () => { touch = null; }, { passive: true });
  document.addEventListener("click", (e) => { if (e.target.closest("a[data-close]")) e.preventDefault(); });

  /* ---------- a double tap decides one, not the next one too ---------- */
  let swapped = 0;
  const DECISION = /\/(approve|reject|snooze)\//;
  body.addEventListener("htmx:afterSwap", (e) => { swapped = DECISION.test(e.detail.requestConfig?.path) ? Date.now() : 0; });
  document.addEventListener("click", (e) => {
    if (e.detail === 0 || Date.now() - swapped > 400 || !e.target.closest("#card .actions")) return;
    e.preventDefault();
    e.stopPropagation();
  }, true);

  if (!initData) return;
  const card = document.getElementById("card");
  card.setAttribute("aria-busy", "true");
  card.replaceChildren(Object.assign(document.createElement("p"), { className: "muted tg-wait", textContent: body.dataset.saySigning }));
  const into = { source: "#card", target: "#card", swap: "outerHTML" };
  if (session) htmx.ajax("GET", body.dataset.start, into);
  else htmx.ajax("POST", body.dataset.login, { ...into, values: { init_data: initData, source: body.dataset.source } });
  tell("web_app_ready");
  tell("web_app_expand");
  tell("web_app_request_theme"); // after a reload the address still has the colours that it was opened with
})();
