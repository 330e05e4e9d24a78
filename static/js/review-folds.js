// What is folded: thoughts (all at once, remembered) and long payloads (a card at a time; what was sent as a preview is fetched then).

const THOUGHTS = "tracewright.thoughts";

// One that is being edited stays open.
export function showThoughts(within = document.getElementById("thread")) {
  const open = read();
  for (const thought of within.querySelectorAll(".thought")) thought.open = open || thought.querySelector("form.editor") !== null;
  document.querySelector('[data-do="toggle-thoughts"]')?.setAttribute("aria-pressed", String(open));
}

export function toggleThoughts() {
  try {
    localStorage.setItem(THOUGHTS, read() ? "" : "open");
  } catch {
    // Private windows may refuse storage; then thoughts open one at a time.
  }
  showThoughts();
}

export function togglePayloads(stop) {
  const button = stop?.querySelector('[data-do="open"]');
  if (!button) return;
  const open = stop.classList.toggle("is-unclamped");
  button.setAttribute("aria-expanded", String(open));
  button.firstChild.textContent = open ? "Close " : "Open ";
  if (open) for (const rest of stop.querySelectorAll(".side > .payload-more [hx-get]")) rest.click();
}

function read() {
  try {
    return localStorage.getItem(THOUGHTS) === "open";
  } catch {
    return false;
  }
}
