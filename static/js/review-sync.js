// After a save: fetch the thread and replace the parts that changed elsewhere, those being edited excepted; all of it when pairs came,
// went or stand elsewhere. After a refusal because of somebody else: ask at once who holds the conversation now.

import { activate, activeStop, showActive } from "./review-stops.js";
import { showOutcome } from "./review-differences.js";
import { showThoughts } from "./review-folds.js";
import { isDirty, reopenDrafts } from "./review-drafts.js";
import { showLost } from "./review-lost.js";

const CONFLICT = 409;

// What asks by itself; all else that is under way was asked for by whoever reads.
const BY_ITSELF = "#claim, #background, [aria-busy]";

// Where the answers of the requests under way will go.
const targets = new Map();
let asked = 0;
let isBehind = false;

export function followSaves(root) {
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.xhr.status === CONFLICT) htmx.trigger(document.body, "claim:lost");
  });
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt, target, xhr } }) => {
    if (elt.matches(BY_ITSELF)) return;
    targets.set(xhr, target);
    xhr.addEventListener("loadend", () => {
      targets.delete(xhr);
      if (isBehind) follow(root);
    });
  });
  document.addEventListener("review:saved", () => follow(root));
  document.addEventListener("review:rebuilt", ({ detail }) => goOn(detail.anchor));
}

// Once for all that one answer says. A thread that is overtaken by another question, or by the answer to a click, may be older than
// what stands: it is asked for anew.
function follow(root) {
  isBehind = true;
  const number = (asked += 1);
  setTimeout(() => number === asked && look(root, number));
}

async function look(root, number) {
  const response = await fetch(root.dataset.thread, { headers: { "HX-Request": "true" } });
  const text = await response.text();
  if (number !== asked || !response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const hasMoved = placesOf(fresh) !== placesOf(document);
  isBehind = hasMoved && targets.size > 0;
  if (hasMoved) return void (isBehind || rebuild(root));
  for (const part of fresh.querySelectorAll("[data-part]")) renew(part);
  showThoughts();
  showActive();
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
  // An answer that comes for it finds it in its place, and the part is renewed after that.
  if ([...targets.values()].some((target) => standing.contains(target))) return void (isBehind = true);
  if (!standing.querySelector("form.editor") && ![...standing.querySelectorAll("form[data-draft]")].some(isDirty)) {
    swap(standing, part);
    return;
  }
  const head = document.getElementById(`${part.id}-head`);
  if (head) swap(head, part.querySelector(".card-head"));
}

function swap(standing, fresh) {
  const at = document.activeElement;
  const hadFocus = standing.contains(at);
  const element = document.adoptNode(fresh);
  const unclamped = standing.classList.contains("is-unclamped");
  const awaited = standing.querySelector(".rerun[aria-busy]") !== null;
  const menu = standing.querySelector("[data-menu]");
  standing.replaceWith(element);
  if (menu) keepMenu(menu, element);
  element.classList.toggle("is-unclamped", unclamped);
  htmx.process(element);
  if (hadFocus) (at.isConnected ? at : (document.getElementById(at.id) ?? element)).focus({ preventScroll: true });
  if (awaited) showOutcome(element.querySelector(".rerun"));
}

// Its letters are meant until whoever opened it closes it.
function keepMenu(menu, element) {
  element.querySelector(`#${CSS.escape(menu.id)}`)?.replaceWith(menu);
  element.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`)?.setAttribute("aria-expanded", "true");
}
