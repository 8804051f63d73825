/* The page of one's keys: the key that is pressed in a field is chosen there, whatever the layout says it is.
   Without this file the fields are lists to choose from. */
"use strict";
(() => {
  const told = document.getElementById("press-told");
  document.getElementById("press-help").hidden = false;
  document.addEventListener("keydown", (e) => {
    const field = e.target.closest?.("select[data-press]");
    if (!field || e.ctrlKey || e.metaKey || e.altKey) return;
    const option = [...field.options].find((one) => one.value === e.code);
    if (!option) return;
    e.preventDefault();
    field.value = e.code;
    told.textContent = `${field.labels[0].textContent}: ${option.textContent}`;
  });
})();
