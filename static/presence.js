/* Who else has this card open: said and heard over the socket of the page. Nobody is kept from deciding. */
(() => {
  "use strict";
  const desk = document.getElementById("desk");
  if (!desk) return;
  const AGAIN = 20000; // the server forgets who says nothing for a minute
  const me = Number(document.body.dataset.user);
  let people = [];
  let shown = null;

  const open = () => {
    const card = document.getElementById("card");
    const id = card ? Number(card.dataset.id) : 0;
    return id && document.visibilityState === "visible" ? id : 0;
  };
  function say(force) {
    const id = open();
    if (!force && id === shown) return;
    shown = id;
    document.dispatchEvent(new CustomEvent("tt:say", { detail: { look: id ? { kind: "proposal", id } : null } }));
  }
  const names = (list) => (list.length === 1 ? list[0] : `${list.slice(0, -1).join(", ")} and ${list[list.length - 1]}`);

  function draw() {
    const others = people.filter((one) => one.kind === "proposal" && one.user !== me);
    const by = new Map();
    for (const one of others) by.set(one.id, [...(by.get(one.id) || []), one.name]);
    for (const row of document.querySelectorAll("#desk-rows [data-key-id]")) {
      const list = by.get(Number(row.dataset.keyId));
      let mark = row.querySelector(".looking");
      if (!list) {
        if (mark) mark.remove();
        continue;
      }
      if (!mark) {
        mark = document.createElement("span");
        mark.className = "looking";
        (row.querySelector(".desk-row") || row).append(mark);
      }
      mark.textContent = list[0].slice(0, 2).toUpperCase();
      mark.title = `${names(list)} ${list.length > 1 ? "have" : "has"} this open`;
    }
    const banner = document.getElementById("presence");
    if (!banner) return;
    const id = open();
    const here = people.filter((one) => one.kind === "proposal" && one.id === id);
    const rest = here.filter((one) => one.user !== me);
    banner.hidden = rest.length === 0;
    if (!rest.length) return;
    const first = here[0].user !== me;
    const list = rest.map((one) => one.name);
    banner.textContent = first
      ? `${here[0].name} opened this first${list.length > 1 ? `, and ${names(list.slice(1))} ${list.length > 2 ? "have" : "has"} it open too` : ""}. Whoever decides first wins; the other is told.`
      : `You opened this first. ${names(list)} ${list.length > 1 ? "have" : "has"} it open too.`;
  }

  document.addEventListener("tt:connected", () => say(true));
  document.addEventListener("tt:event", (e) => {
    if (e.detail.type !== "presence") return;
    people = e.detail.looking;
    draw();
  });
  document.addEventListener("visibilitychange", () => say(false));
  document.body.addEventListener("htmx:afterSettle", () => { say(false); draw(); });
  setInterval(() => say(true), AGAIN);
  say(false);
})();
