// Stops are what j and k go through: pairs and answers. One is active: ringed, named by the URL, marked in the minimap.

import { showEdited } from "./review-edited.js";
import { showInMinimap, showStates } from "./review-minimap.js";

// Safari refuses more than 100 changes of the URL in 30 seconds.
const REST_MS = 350;

let activeId = "";
let ringed = null;
let resting = 0;

export const stops = () => [...document.querySelectorAll("#thread [data-stop]")];
export const activeStop = () => document.getElementById(activeId);

// The stop that an element stands in, or beside: comments stand below their pair.
export const stopOf = (element) => element.closest?.("[data-stop]") ?? document.getElementById(element.closest?.("[data-of]")?.dataset.of || "");

export function activate(stop, { focus = true, scroll = true, name = true } = {}) {
  if (!stop) return;
  const changed = stop.id !== activeId;
  activeId = stop.id;
  ring();
  if (focus) stop.focus({ preventScroll: true });
  if (scroll) toUpperThird(stop);
  if (changed && name) nameOnceRested();
}

// The URL names the active stop once one rests at it, before the page is left, and before a key of the browser may reload or copy it.
function nameOnceRested() {
  clearTimeout(resting);
  resting = setTimeout(nameActive, REST_MS);
}

function nameActive() {
  if (resting) history.replaceState(history.state, "", `#${activeId}`);
  leaveUnnamed();
}

function leaveUnnamed() {
  clearTimeout(resting);
  resting = 0;
}

// After something came into the page: the active part may be another element by now, and pairs in other states.
export function showActive() {
  ring();
  showStates();
  showEdited();
}

function ring() {
  const stop = activeStop();
  if (ringed !== stop) ringed?.classList.remove("is-active");
  stop?.classList.add("is-active");
  ringed = stop;
  showInMinimap(activeId);
}

export function move(by, { troubled = false } = {}) {
  const all = stops();
  const from = all.indexOf(activeStop());
  const rest = by > 0 ? all.slice(from + 1) : all.slice(0, Math.max(from, 0)).reverse();
  activate(troubled ? rest.find((stop) => stop.matches("[data-trouble]")) : rest[0]);
}

export function keepActive(root) {
  const take = ({ target }) => {
    const stop = stopOf(target);
    if (stop && stop.id !== activeId) activate(stop, { focus: false, scroll: false });
  };
  root.addEventListener("focusin", take);
  root.addEventListener("pointerdown", take);
  document.addEventListener("htmx:afterSettle", showActive);
  addEventListener("hashchange", startAtHash);
  addEventListener("pagehide", nameActive);
  addEventListener("keydown", ({ ctrlKey, metaKey, key }) => (ctrlKey || metaKey || /^F\d/.test(key)) && nameActive(), true);
  showStates();
  root.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const stop = link && document.getElementById(link.hash.slice(1));
    if (!stop || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (stop.matches("[data-stop]")) activate(stop);
    else toUpperThird(stop);
  });
}

export function startAtHash() {
  leaveUnnamed();
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches("[data-stop]")) activate(named, { focus: false });
  else activate((named && stopOf(named)) || stops()[0], { focus: false, scroll: false, name: false });
}

function toUpperThird(element) {
  const { top, height } = element.getBoundingClientRect();
  const bar = document.querySelector(".review-bar")?.offsetHeight ?? 0;
  const room = innerHeight - height - 24;
  const at = Math.max(bar + 12, Math.min(innerHeight / 3, room));
  const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "auto";
  window.scrollTo({ top: scrollY + top - at, behavior: smooth });
}
