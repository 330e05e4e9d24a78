// Focus through swaps: into an editor that opens, back to the part it stood in when its place was swapped away.

import { activeStop } from "./review-stops.js";
import { showThoughts } from "./review-folds.js";

// What comes without anybody having asked for it, wherever the focus is.
const BY_ITSELF = "#claim, #background, #presence";

export function keepFocus(root) {
  let within = "";
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const part = detail.target.closest?.("[data-part]");
    within = part && part.contains(document.activeElement) ? part.id : "";
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.elt.closest?.(BY_ITSELF)) return;
    const part = document.getElementById(within) ?? detail.elt.closest?.("[data-part]");
    if (part === detail.elt) showThoughts(part);
    const fold = part?.querySelector("form.editor") && part.closest("details");
    if (fold) fold.open = true;
    const at = document.activeElement;
    if (!root.contains(at) || at === part) focusInto(part);
    within = "";
  });
}

function focusInto(part) {
  const editor = part?.querySelector("form.editor");
  const seen = (what) => [...(editor?.querySelectorAll(what) ?? [])].find((one) => one.checkVisibility());
  const field = seen('[aria-invalid="true"]') ?? seen("[data-focus]");
  if (field) {
    field.focus({ preventScroll: isInView(field) });
    return;
  }
  const accept = part?.querySelector('[data-do="accept"]');
  (accept ?? (part?.matches("[data-stop]") ? part : activeStop()))?.focus({ preventScroll: true });
}

function isInView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top > 60 && bottom < innerHeight;
}
