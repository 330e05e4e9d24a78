// The differences of a pair: shown and hidden by one key, fetched when they are asked for; and the way to the next replayed pair that differs.

import { ask } from "./review-requests.js";
import { activate, activeStop, stops } from "./review-stops.js";

const panelOf = (stop) => document.getElementById(`${stop.id}-diff`);

export function toggleDifferences(stop) {
  const button = stop?.querySelector('[data-do="diff"]');
  if (!button) return;
  const panel = panelOf(stop);
  // Those of a rerun stand above: they are folded and unfolded along with the panel.
  const folds = stop.querySelectorAll(".compared");
  const open = panel.hidden && ![...folds].some((fold) => fold.open && fold.checkVisibility());
  for (const fold of folds) fold.open = open;
  panel.hidden = true;
  button.setAttribute("aria-expanded", String(open));
  if (open) ask(button, panel);
}

export function watchDifferences() {
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.elt.matches?.(".pair-diff")) detail.elt.scrollIntoView({ block: "nearest" });
    if (detail.elt.matches?.(".rerun")) showOutcome(detail.elt);
  });
}

// What was run again came back: whoever still looks at the pair, and isn't typing, sees the buttons that decide about it. At once, not
// in motion, and only downwards; the focus stays.
export function showOutcome(rerun) {
  const stop = rerun.closest("[data-stop]");
  const foot = rerun.querySelector(":scope:not([aria-busy]) > .editor-foot");
  if (!foot || stop !== activeStop() || document.activeElement.matches("input, textarea, select")) return;
  const { top, bottom } = stop.getBoundingClientRect();
  const isLookedAt = top < innerHeight && bottom > 0;
  if (isLookedAt && foot.getBoundingClientRect().bottom > innerHeight) foot.scrollIntoView({ block: "nearest", behavior: "instant" });
}

// Behind the last one it goes on with the first.
export function nextDifference() {
  const all = stops();
  const behind = all.slice(all.indexOf(activeStop()) + 1);
  const found = [...behind, ...all].find((stop) => stop.matches("[data-differs]"));
  activate(found);
}
