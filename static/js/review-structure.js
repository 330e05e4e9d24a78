// The menu beside a pair or an answer. While it is open its letters are meant, whatever else they do on the page.

import { isHeldBack } from "./keys.js";

export function watchMenus(root) {
  document.addEventListener("keydown", onKey, true);
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-menu] button");
    const menu = button?.closest("[data-menu]");
    // What opens elsewhere is under way by now; what opens here takes the menu's place itself.
    if (button?.matches("[data-close-menu]")) shut(menu);
    else if (button?.matches("[data-opens]") && button.getAttribute("hx-target") !== `#${menu.id}`) shut(menu, false);
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const menu = detail.elt.matches?.("[data-menu]") ? detail.elt : null;
    if (!menu) return;
    opener(menu)?.setAttribute("aria-expanded", "true");
    menu.querySelector("button").focus({ preventScroll: true });
    menu.scrollIntoView({ block: "nearest" });
  });
}

const opener = (menu) => document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`);

function onKey(event) {
  const menu = event.target.closest?.("[data-menu]");
  if (!menu || isHeldBack(event) || event.ctrlKey || event.metaKey) return;
  const items = [...menu.querySelectorAll("button")];
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const named = items.find((item) => item.dataset.letter === event.key);
  if (by) items.at((items.indexOf(document.activeElement) + by) % items.length).focus();
  else if (event.key === "Escape") shut(menu);
  else if (named) event.repeat || named.click();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// Its place stays for the next one.
function shut(menu, goesBack = true) {
  const button = opener(menu);
  button?.setAttribute("aria-expanded", "false");
  const place = document.createElement("div");
  place.className = "more";
  place.id = menu.id;
  place.dataset.slot = "";
  menu.replaceWith(place);
  if (goesBack) button?.closest("[data-stop]")?.focus({ preventScroll: true });
}
