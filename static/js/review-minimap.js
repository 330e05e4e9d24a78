// The minimap: a mark for each pair, in the state its card shows. One stop of the Tab key; arrows go from mark to mark.

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
const RUNNING = { state: "running", icon: "running" };

const marksOf = (map) => [...map.querySelectorAll("a")];
const mapOf = () => document.querySelector("[data-minimap]");

export function watchMinimap(root) {
  root.addEventListener("keydown", (event) => {
    const map = event.target.closest("[data-minimap]");
    if (!map || !(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const marks = marksOf(map);
    const at = marks.indexOf(event.target.closest("a")) + STEPS[event.key];
    const next = marks[Math.min(Math.max(at, 0), marks.length - 1)];
    reach(map, next);
    next.focus();
  });
}

// Which mark is the current one. Asked at every step from pair to pair, so it looks at two marks and not at all of them.
export function showInMinimap(activeId) {
  const map = mapOf();
  if (!map) return;
  const current = map.querySelector(`a[href="#${CSS.escape(activeId)}"]`);
  const before = map.querySelector("[aria-current]");
  if (before && before !== current) before.removeAttribute("aria-current");
  current?.setAttribute("aria-current", "true");
  reach(map, current ?? map.querySelector('[tabindex="0"]') ?? map.querySelector("a"));
}

// The states of all pairs, after something came into the page.
export function showStates() {
  const map = mapOf();
  for (const mark of map ? marksOf(map) : []) {
    if (!mark.hasAttribute("tabindex")) mark.tabIndex = -1;
    showState(mark);
  }
}

function reach(map, mark) {
  for (const other of map.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  if (!mark) return;
  mark.tabIndex = 0;
  // Not scrollIntoView: that scrolls the page as well.
  const { top, bottom } = map.getBoundingClientRect();
  const place = mark.getBoundingClientRect();
  if (place.top < top) map.scrollTop -= top - place.top + place.height;
  else if (place.bottom > bottom) map.scrollTop += place.bottom - bottom + place.height;
}

function showState(mark) {
  const name = mark.getAttribute("href").slice(1);
  const head = document.getElementById(`${name}-head`);
  if (!head) return;
  const isRunning = document.getElementById(`${name}-rerun`)?.ariaBusy === "true";
  const { state, icon } = isRunning ? RUNNING : head.dataset;
  mark.toggleAttribute("data-threads", false);
  if (head.dataset.threads) mark.dataset.threads = head.dataset.threads;
  if (state === mark.dataset.state) return;
  mark.title = mark.title.replace(/[^:]*$/, ` ${state}`);
  mark.dataset.state = state;
  mark.querySelector("[data-state-word]").textContent = state;
  const use = mark.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
}
