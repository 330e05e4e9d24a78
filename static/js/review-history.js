// The history page: the layout of the differences is switched in place and remembered. Without a script the link does it.

const KEY = "tracewright.history-layout";
const section = document.getElementById("differences");
const link = document.getElementById("layout");

function lay(layout) {
  section.dataset.layout = layout;
  link.querySelector("[data-layout-word]").textContent = layout === "side" ? "inline" : "side by side";
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

link.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  lay(section.dataset.layout === "side" ? "inline" : "side");
  try {
    localStorage.setItem(KEY, section.dataset.layout);
  } catch {
    // Private windows may refuse storage; then it holds for this page.
  }
});

if (["side", "inline"].includes(remembered()) && !new URLSearchParams(location.search).has("layout")) lay(remembered());
