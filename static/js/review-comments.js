// Comments: one key opens the form of the active pair, or of the conversation, another goes through the comments that are there; what
// was typed before is open again after a reload.

import { onAction } from "./keys.js";
import { activeStop, stopOf } from "./review-stops.js";
import { draftNames, isDirty, restore } from "./review-drafts.js";
import { watchMentions } from "./mentions.js";

const seen = new WeakSet();

export function watchComments(root) {
  watchMentions(root);
  onAction("comment", () => write(activeStop()?.matches(".card") ? `comments-${activeStop().id}` : "comments-conversation"), { anywhere: true });
  onAction("comment-conversation", () => write("comments-conversation"), { anywhere: true });
  onAction("threads", (button) => walk(document.activeElement?.closest(".comments") ?? button.closest(".comments")));
  root.addEventListener("click", ({ target }) => {
    const walker = target.closest('[data-do="threads"]');
    if (walker) walk(walker.closest(".comments"));
    const button = target.closest('.card-foot [data-do="comment"]');
    if (button) write(`comments-${button.closest("[data-stop]").id}`);
    target.closest(".comments [data-close]")?.closest("details").removeAttribute("open");
  });
  // A form that somebody opens is for typing, from the next key on: not when the browser tells that it was toggled.
  root.addEventListener("click", (event) => {
    const fold = event.target.closest(".comment-write > summary")?.parentElement;
    if (!fold) return;
    event.preventDefault();
    fold.open = !fold.open;
    if (fold.open) fold.querySelector("[data-focus]")?.focus();
  });
  document.addEventListener("htmx:afterSettle", () => showTyped(root));
  showTyped(root);
}

// Closes what stands open at this stop; whether there was anything. What was typed stays in it.
export function closeComments(stop) {
  const place = document.getElementById(stop ? `comments-${stop.id}` : "") ?? document.getElementById("comments-conversation");
  const found = place?.querySelector(".comment-write[open]") ?? document.querySelector("#comments-conversation .comment-write[open]");
  found?.removeAttribute("open");
  return Boolean(found);
}

// From comment to comment, and round again. A thread that was resolved is one place until it is opened.
function walk(place) {
  const places = [...place.querySelectorAll(".comment, .is-resolved > summary")].filter((one) => one.checkVisibility());
  const at = places.indexOf(document.activeElement?.closest(".comment, .is-resolved > summary"));
  places[(at + 1) % places.length]?.focus({ preventScroll: true });
  document.activeElement.scrollIntoView({ block: "nearest" });
}

// Out of a comment, back to what it is about; whether one was in one.
export function leaveComments() {
  const thread = document.activeElement?.closest(".comment-thread");
  if (!thread) return false;
  (stopOf(thread) ?? activeStop())?.focus({ preventScroll: true });
  return true;
}

function write(place) {
  draw(document.getElementById(place));
  const fold = document.getElementById(`${place}-new`);
  if (!fold) return;
  fold.open = true;
  seen.add(fold.querySelector("form"));
  fold.querySelector("textarea").focus();
}

// The form of a pair stands in a noscript until somebody writes: as text, or in what was fetched as elements.
function draw(place) {
  const kept = place?.querySelector(":scope > .comment-new > noscript");
  if (!kept) return;
  const drawn = document.createElement("template");
  if (kept.firstElementChild) drawn.content.append(...kept.childNodes);
  else drawn.innerHTML = kept.textContent;
  const form = drawn.content.querySelector("form");
  kept.replaceWith(drawn.content);
  htmx.process(form);
  restore(form);
}

function showTyped(root) {
  const typed = new Set(draftNames());
  if (typed.size) for (const place of root.querySelectorAll(".comments[data-anchor]")) if (typed.has(place.dataset.anchor)) draw(place);
  root.querySelectorAll(".comment-form").forEach(show);
}

// Once for each form that came: whoever closes one with something in it wants it closed.
function show(form) {
  if (seen.has(form)) return;
  seen.add(form);
  if (isDirty(form)) form.closest(".comment-write").open = true;
}
