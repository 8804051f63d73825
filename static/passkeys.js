// Passkeys: a form with data-passkey="create" or "get" asks the browser for one, and sends what it says.
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
  form.addEventListener("submit", async event => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    const options = JSON.parse(form.dataset.options);
    try {
      const made = kind === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.credential.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch (error) {
      told.textContent = error.name === "InvalidStateError"
        ? "This device has a passkey here already."
        : "No passkey was used. Try again, or use another way.";
    }
  });
}
