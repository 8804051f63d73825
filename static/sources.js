/* Pages of sources: copying an address or a secret, and sending a large file in pieces. */
"use strict";
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break; // no https: the text can still be chosen by hand
    button.hidden = false;
    button.addEventListener("click", async () => {
      const from = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText("value" in from ? from.value : from.textContent);
      button.lastChild.textContent = " Copied";
    });
  }

  const TRIES = 6;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  async function send(form) {
    const said = form.querySelector("[data-said]");
    const bar = form.querySelector("[data-bar]");
    const button = form.querySelector("button");
    const file = form.querySelector("input[type=file]").files[0];
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const fail = (text) => { said.textContent = text; button.disabled = false; };
    if (!file) return fail("Choose a file.");
    let { to, page } = form.dataset;
    let at = Number(form.dataset.at || 0);
    if (to && file.size !== Number(form.dataset.size)) return fail("This is another file: its size differs.");
    button.disabled = true;
    if (!to) {
      const values = new FormData(form);
      values.delete("file");
      values.set("file_name", file.name);
      values.set("size", file.size);
      const answer = await fetch(location.pathname, { method: "POST", body: values, headers: { "X-CSRFToken": token } });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) return fail(told.error || "The server refused it. Nothing was stored.");
      ({ to, page } = told);
    }
    bar.hidden = false;
    for (let tries = 0; at < file.size; ) {
      const body = file.slice(at, at + Number(form.dataset.piece));
      const headers = { "X-CSRFToken": token, "Content-Type": "application/octet-stream" };
      const answer = await fetch(`${to}?at=${at}`, { method: "POST", body, headers }).catch(() => null);
      const told = answer ? await answer.json().catch(() => ({})) : {};
      if (answer && (answer.ok || (answer.status === 409 && "received" in told))) {
        at = told.received;
        tries = 0;
        bar.value = (at / file.size) * 100;
        said.textContent = `${Math.floor((at / file.size) * 100)} % sent`;
      } else if (answer && answer.status < 500 && answer.status !== 429) {
        return fail(told.error || "The server refused the rest.");
      } else if ((tries += 1) >= TRIES) {
        return fail("The connection is gone. What was sent is kept: open the file from the list below to go on.");
      } else {
        said.textContent = "The connection was lost; trying again…";
        await pause(500 * 2 ** tries);
      }
    }
    location.href = page;
  }

  document.addEventListener("submit", (e) => {
    if (!e.target.matches("[data-upload]")) return;
    e.preventDefault();
    send(e.target).catch(() => {
      e.target.querySelector("[data-said]").textContent = "That did not work; please try again.";
      e.target.querySelector("button").disabled = false;
    });
  });
})();
