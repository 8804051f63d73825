/* The board of tasks: a card is dragged to another column, or goes there by [ and ] where it is selected.
   Without this file the buttons on each card do the same. */
"use strict";
(() => {
  const board = () => document.getElementById("board");
  let dragged = null;
  let moved = "";

  function send(card, status) {
    const form = card.querySelector("form.moves");
    const button = form && [...form.querySelectorAll("button[name=status]")].find((one) => one.value === status);
    if (!button) return false;
    moved = card.dataset.task;
    button.click(); // htmx sends the value of a button that was clicked
    return true;
  }
  const columnOf = (el) => el.closest?.("#board .column");
  const unmark = () => document.querySelectorAll(".column.over").forEach((el) => el.classList.remove("over"));

  document.addEventListener("dragstart", (e) => {
    const card = e.target.closest?.(".task-card[draggable]");
    if (!card) return;
    dragged = card.dataset.task;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", card.querySelector(".title").textContent);
    card.classList.add("dragged");
  });
  document.addEventListener("dragover", (e) => {
    const column = dragged && columnOf(e.target);
    if (!column) return;
    e.preventDefault();
    e.dataTransfer.dropEffect = "move";
    if (!column.classList.contains("over")) { unmark(); column.classList.add("over"); }
  });
  document.addEventListener("drop", (e) => {
    const column = dragged && columnOf(e.target);
    if (!column) return;
    e.preventDefault();
    const card = document.getElementById(`card-${dragged}`);
    if (!card || columnOf(card) === column) return;
    const status = column.dataset.status;
    /* It is seen where it was dropped at once; the server's answer redraws the board, a refusal too. */
    if (send(card, status)) column.querySelector(".cards").prepend(card);
  });
  document.addEventListener("dragend", () => {
    document.querySelectorAll(".task-card.dragged").forEach((el) => el.classList.remove("dragged"));
    unmark();
    dragged = null;
  });

  document.addEventListener("keydown", (e) => {
    const step = { BracketLeft: -1, BracketRight: 1 }[tasktracker.meant(e)];
    if (!step || e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.target.matches?.("input, textarea, select")) return;
    const card = (e.target.closest?.(".task-card") || document.querySelector('#board [data-item][aria-current="true"]')?.closest(".task-card"));
    if (!card) return;
    const columns = [...board().querySelectorAll(".column")];
    const to = columns[columns.indexOf(columnOf(card)) + step];
    if (to && send(card, to.dataset.status)) e.preventDefault();
  });

  document.body.addEventListener("htmx:beforeRequest", (e) => {
    const card = e.target.closest?.(".task-card");
    if (card) moved = card.dataset.task;
  });
  document.body.addEventListener("htmx:afterSettle", (e) => {
    if (!moved || (e.target.id !== "board" && !e.target.querySelector?.("#board"))) return;
    const link = document.getElementById(`task-${moved}`);
    moved = "";
    if (!link) return;
    link.focus();
    link.setAttribute("aria-current", "true");
  });
  /* A move that was refused: the board as it is. */
  document.body.addEventListener("htmx:afterRequest", (e) => {
    if (e.detail.successful || !e.target.closest?.(".task-card")) return;
    moved = "";
    htmx.ajax("GET", location.href, { source: "#board", target: "#board", swap: "outerHTML" });
  });
})();
