// After a save: fetch the thread and replace the parts that changed elsewhere, those being edited excepted; all of it when pairs came,
// went or stand elsewhere. After a refusal because of somebody else: ask at once who holds the conversation now.

import { activate, activeStop, showActive } from "./review-stops.js";
import { showOutcome } from "./review-differences.js";
import { showThoughts } from "./review-folds.js";
import { isDirty, reopenDrafts } from "./review-drafts.js";
import { showLost } from "./review-lost.js";

const CONFLICT = 409;

export function followSaves(root) {
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr.status === CONFLICT) htmx.trigger(document.body, "claim:lost");
  });
  document.addEventListener("review:saved", async () => {
    const response = await fetch(root.dataset.thread, { headers: { "HX-Request": "true" } });
    if (!response.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (placesOf(fresh) !== placesOf(document)) return void rebuild(root);
    for (const part of fresh.querySelectorAll("[data-part]")) renew(part);
    showThoughts();
    showActive();
  });
  document.addEventListener("review:rebuilt", ({ detail }) => goOn(detail.anchor));
}

const placesOf = (page) => JSON.stringify([...page.querySelectorAll("[data-part]")].map((part) => [part.id, part.dataset.anchor]));

async function rebuild(root) {
  const anchor = activeStop()?.dataset.anchor;
  await htmx.ajax("GET", `${root.dataset.thread}?whole`, { target: "#thread", swap: "innerHTML", source: "#thread" });
  const part = [...document.querySelectorAll("[data-stop]")].find((stop) => stop.dataset.anchor === anchor);
  goOn(part?.id);
}

// What was typed elsewhere in the old thread is in its draft, and comes back into the new one.
function goOn(id) {
  showThoughts();
  showLost(reopenDrafts());
  const stop = document.getElementById(id);
  const editor = stop?.querySelector("form.editor");
  if (stop?.matches("[data-stop]")) activate(stop, { focus: !editor });
  editor?.querySelector("[data-focus]")?.focus({ preventScroll: true });
}

function renew(part) {
  const standing = document.getElementById(part.id);
  if (!standing || standing.dataset.print === part.dataset.print) return;
  if (!standing.querySelector("form.editor") && ![...standing.querySelectorAll("form[data-draft]")].some(isDirty)) {
    swap(standing, part);
    return;
  }
  const head = document.getElementById(`${part.id}-head`);
  if (head) swap(head, part.querySelector(".card-head"));
}

function swap(standing, fresh) {
  const hadFocus = standing.contains(document.activeElement);
  const focused = hadFocus ? document.activeElement.id : "";
  const element = document.adoptNode(fresh);
  const unclamped = standing.classList.contains("is-unclamped");
  const awaited = standing.querySelector(".rerun[aria-busy]") !== null;
  standing.replaceWith(element);
  element.classList.toggle("is-unclamped", unclamped);
  htmx.process(element);
  if (hadFocus) (document.getElementById(focused) ?? element).focus({ preventScroll: true });
  if (awaited) showOutcome(element.querySelector(".rerun"));
}
