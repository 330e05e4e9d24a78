// What keys do on the review page beyond the click that keys.js does by itself.

import { limitKeysTo, onAction, onLeave, press } from "./keys.js";
import { activate, activeStop, move, stopOf } from "./review-stops.js";
import { togglePayloads, toggleThoughts } from "./review-folds.js";
import { nextDifference, toggleDifferences } from "./review-differences.js";
import { closeComments, leaveComments } from "./review-comments.js";
import { dirtyEditors } from "./review-drafts.js";
import { say } from "./messages.js";

const CLICKS = {
  "next-pair": () => move(1),
  "previous-pair": () => move(-1),
  "next-trouble": () => move(1, { troubled: true }),
  "previous-trouble": () => move(-1, { troubled: true }),
  "next-difference": nextDifference,
  "toggle-thoughts": toggleThoughts,
  diff: (button) => toggleDifferences(button.closest("[data-stop]")),
  open: (button) => togglePayloads(button.closest("[data-stop]")),
};

export function watchReviewKeys(page) {
  page.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-do]");
    CLICKS[button?.dataset.do]?.(button);
  });
  limitKeysTo(activeStop, stopOf);
  onLeave((field) => (field ? leave(field) : closeSomething(activeStop()) || leaveComments()));
  // A narrow window has no room for their buttons.
  for (const name of Object.keys(CLICKS)) if (!["open", "diff"].includes(name)) onAction(name, (button) => button.click(), { anywhere: true });
  for (const name of ["ok", "wrong"]) onAction(name, mark);
  onAction("pair-tag", (first) => first.focus());
  onAction("reject", (summary) => openPanel(summary, summary));
  onAction("second-opinion", (summary) => openPanel(summary, summary.parentElement.querySelector("input:not([type=hidden])")));
  onAction("search", press, { anywhere: true });
  onAction("save", save, { anywhere: true });
  onAction("approve", saveThenApprove, { anywhere: true });
}

function mark(button) {
  const marks = button.getAttribute("aria-pressed") === "false";
  button.click();
  if (marks) move(1);
}

function openPanel(summary, focused) {
  summary.parentElement.open = true;
  focused.focus();
}

// Out of the field, not out of the page: the pair it stands in gets the focus.
function leave(field) {
  field.blur();
  stopOf(field)?.focus({ preventScroll: true });
  return true;
}

function closeSomething(stop) {
  if (document.querySelector(":popover-open")) return false;
  const panel = document.querySelector(".decision-more[open]");
  if (panel) return panel.removeAttribute("open"), true;
  const cancel = stop?.querySelector("[data-cancel]") ?? document.querySelector(".branch-form [data-cancel]");
  return cancel ? (cancel.click(), true) : closeComments(stop);
}

function save(button, field) {
  const isNear = button.form === field?.form || stopOf(button) === activeStop();
  (isNear ? button : dirtyEditors()[0]?.querySelector('[data-do="save"]'))?.click();
}

function saveThenApprove() {
  const unsaved = dirtyEditors();
  if (unsaved.length > 1) {
    say("More than one text is unsaved. Save or cancel them first.");
    activate(unsaved[0].closest("[data-stop]"));
    return;
  }
  const approve = () => document.getElementById("approve")?.click();
  if (!unsaved.length) return void approve();
  const [form] = unsaved;
  const path = form.getAttribute("hx-post");
  const settle = ({ detail }) => {
    if (detail.requestConfig?.path !== path) return;
    document.removeEventListener("htmx:afterSettle", settle);
    if (detail.xhr.status === 200) approve();
  };
  document.addEventListener("htmx:afterSettle", settle);
  form.querySelector('[data-do="save"]').click();
}
