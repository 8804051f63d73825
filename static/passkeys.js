// Passkeys: a form with data-passkey="create" or "get" asks the browser for one, and sends what it says. The challenge
// stands in data-options, or is fetched from data-from: then the browser may offer a passkey by itself, too, where the
// name is typed.
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.passkey;
  const told = form.querySelector("[data-told]");
  const able = window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON;
  if (!able) {
    told.textContent = "This browser, or this address, can't use passkeys: they need https, or localhost.";
    form.querySelector("button").disabled = true;
    continue;
  }
  const options = async () => form.dataset.from
    ? (await fetch(form.dataset.from, { headers: { Accept: "application/json" } })).json()
    : JSON.parse(form.dataset.options);
  const ask = async more => navigator.credentials.get(
    { publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(await options()), ...more });
  const send = made => {
    form.elements.credential.value = JSON.stringify(made.toJSON());
    form.submit();
  };

  let offer = null; // what the browser offers by itself: one question at a time
  if (form.dataset.from) (async () => {
    try {
      if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
      offer = new AbortController();
      send(await ask({ mediation: "conditional", signal: offer.signal }));
    } catch {
      offer = null; // nobody asked for it: the button and the password are there
    }
  })();

  form.addEventListener("submit", async event => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    offer?.abort();
    try {
      send(kind === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(await options()) })
        : await ask());
    } catch (error) {
      told.textContent = error.name === "InvalidStateError"
        ? "This device has a passkey here already."
        : "No passkey was used. Try again, or use another way.";
    }
  });
}
