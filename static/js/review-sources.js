// Sources of an answer: its literals are marked once it is seen, lead to where they come from, and the occurrence there is lit up.
// Calm by default: only what occurs nowhere is underlined until somebody asks for the sources of all (remembered).

import { onAction } from "./keys.js";

const SHOWN = "tracewright.sources";
const MAX_LIT = 200;

let observer;
const asked = new WeakMap();

export function followSources(root) {
  const thread = root.querySelector("#thread");
  observer = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => mark(target)));
  new MutationObserver(watch).observe(thread, { childList: true, subtree: true });
  document.addEventListener("review:saved", watchAgain);
  onAction("sources", toggle, { anywhere: true });
  root.addEventListener("click", ({ target }) => {
    if (target.closest('[data-do="sources"]')) toggle();
    const link = target.closest("a.grounded");
    if (link) follow(link);
  });
  watch();
  show();
}

function watch() {
  for (const words of document.querySelectorAll("#thread [data-sources]:not([data-watched])")) {
    words.dataset.watched = "";
    observer.observe(words);
  }
}

// A changed result takes sources away or gives them to answers that stay on the page as they are.
function watchAgain() {
  for (const words of document.querySelectorAll("#thread [data-watched]")) {
    observer.unobserve(words);
    observer.observe(words);
  }
}

async function mark(words) {
  observer.unobserve(words);
  const question = {};
  asked.set(words, question);
  const response = await fetch(words.dataset.sources, { headers: { "HX-Request": "true" } });
  const text = await response.text();
  // After a further save only what was asked for then counts.
  if (!response.ok || response.redirected || !words.isConnected || asked.get(words) !== question) return;
  const fresh = new DOMParser().parseFromString(text, "text/html");
  words.replaceChildren(...fresh.body.childNodes);
  show();
}

function toggle() {
  try {
    localStorage.setItem(SHOWN, isShown() ? "" : "shown");
  } catch {
    // Private windows may refuse storage; then the sources stay as they are.
  }
  show();
}

function isShown() {
  try {
    return localStorage.getItem(SHOWN) === "shown";
  } catch {
    return false;
  }
}

function show() {
  const shown = isShown();
  document.getElementById("thread").classList.toggle("shows-sources", shown);
  document.querySelector('[data-do="sources"]')?.setAttribute("aria-pressed", String(shown));
  // Links that look like words are no stops of the Tab key.
  for (const link of document.querySelectorAll("a.grounded")) link.tabIndex = shown ? 0 : -1;
}

function follow(link) {
  const target = document.getElementById(link.hash.slice(1));
  if (!target) return;
  if (target.matches("details")) target.open = true;
  for (const place of target.querySelectorAll(".side-result .payload, .side .payload, .words")) {
    const ranges = occurrences(place, link.textContent);
    if (ranges.length) return light(ranges, place);
  }
  fetchRest(target, link);
}

// The payload was sent as its beginning, and what is looked for stands further down.
function fetchRest(target, link) {
  const more = target.querySelector(".side-result > .payload-more [hx-get], .side > .payload-more [hx-get]");
  if (!more) return CSS.highlights?.clear();
  const side = more.closest(".side");
  const settled = ({ target: swapped }) => {
    if (!side.contains(swapped)) return;
    document.removeEventListener("htmx:afterSettle", settled);
    follow(link);
  };
  document.addEventListener("htmx:afterSettle", settled);
  more.click();
}

function light(ranges, place) {
  CSS.highlights?.set("source", new Highlight(...ranges));
  const [first] = ranges;
  const into = place.getBoundingClientRect();
  if (place.scrollHeight > place.clientHeight) place.scrollTop += first.getBoundingClientRect().top - into.top - into.height / 3;
  const { top, bottom } = first.getBoundingClientRect();
  if (top < 80 || bottom > innerHeight) first.startContainer.parentElement.scrollIntoView({ block: "center" });
}

function occurrences(place, literal) {
  const nodes = [];
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  let text = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node, start: text.length });
    text += node.data;
  }
  const ranges = [];
  for (const pattern of patterns(literal)) {
    for (const found of text.matchAll(pattern)) {
      ranges.push(rangeOf(nodes, found.index, found.index + found[0].length));
      if (ranges.length === MAX_LIT) break;
    }
    if (ranges.length) break;
  }
  return ranges;
}

// As it stands; then a number however its thousands are grouped, and other literals as their words in any writing.
function* patterns(literal) {
  const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  yield new RegExp(`(?<![\\p{L}\\p{N}])${escaped(literal)}(?![\\p{L}\\p{N}])`, "giu");
  yield new RegExp(escaped(literal), "giu");
  const digits = /^\d[\d\s.,'’]*$/.test(literal) ? literal.replace(/\D/g, "") : "";
  if (digits) yield new RegExp(`(?<!\\d)${[...digits].join("[\\s.,'’]?")}(?:[.,]0+)?(?!\\d)`, "gu");
  const words = literal.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  if (!digits && words.length > 1) yield new RegExp(words.map(escaped).join("[^\\p{L}\\p{N}]+"), "giu");
}

function rangeOf(nodes, start, end) {
  const range = document.createRange();
  const at = (offset) => {
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (nodes[middle].start <= offset) low = middle;
      else high = middle - 1;
    }
    return nodes[low];
  };
  const first = at(start);
  const last = at(end - 1);
  range.setStart(first.node, start - first.start);
  range.setEnd(last.node, end - last.start);
  return range;
}
